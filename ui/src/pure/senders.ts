/** The ways to send, by name; apart from their texts, because the URL's codec is in every page's first download. */
export const SENDERS = ['go', 'java', 'node', 'python', 'dotnet', 'ruby', 'php', 'rust', 'cpp', 'erlang', 'swift', 'browser', 'collector', 'adot', 'xray', 'curl'] as const

export type Sender = (typeof SENDERS)[number]
