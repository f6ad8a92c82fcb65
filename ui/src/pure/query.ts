/**
 * The filter language as the page needs it: putting conditions together, finding the word under the caret, and taking
 * conditions out again. The server parses; here nothing is judged right or wrong.
 */

/** A value as it must stand in a filter: bare where that is safe, else in double quotes. */
export function quoteValue(value: string): string {
  if (/^[A-Za-z_][\w./-]*$/.test(value) && !/^(and|or|not|exists)$/i.test(value)) return value
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/** TraceQL begins with a span set, behind parentheses and comments; the short form never begins with a brace. */
export function isTraceQL(q: string): boolean {
  return /^(?:[\s(]|\/\/[^\n]*\n|\/\*[^]*?\*\/)*\{/.test(q)
}

/** The filter with another condition; both hold. */
export function andAlso(q: string, condition: string): string {
  const t = q.trim()
  if (t === '') return condition
  return `${needsParentheses(t) ? `(${t})` : t} and ${condition}`
}

export type Token = { kind: 'word' | 'string' | 'op' | 'paren'; text: string; from: number; to: number }

/** In TraceQL a key may have a colon, a dash and parts in quotes, and braces and commas stand for themselves. */
const TRACEQL = /\s+|"(?:[^"\\]|\\.)*"?|`[^`]*`?|[(){},]|[!&](?:>>|<<|>|<|~)|=~|!~|!=|>=|<=|>>|<<|&&|\|\||[=><!~|&+*%^]|(?:[^\s()=~!><"&|{},`+*%^]|(?<=\.)"(?:[^"\\]|\\.)*"?)+/g

/** Splits a filter; never fails, an unfinished string ends with the text. */
export function tokenize(q: string): Token[] {
  const pattern = isTraceQL(q) ? TRACEQL : /\s+|"(?:[^"\\]|\\.)*"?|[()]|=~|!~|!=|>=|<=|&&|\|\||[=><:!]|[^\s()=~!><:"&|]+|[~&|]/g
  const out: Token[] = []
  for (const m of q.matchAll(pattern)) {
    const text = m[0]
    if (/^\s/.test(text)) continue
    const kind = /^["`]/.test(text) ? 'string' : /^[(){},]$/.test(text) ? 'paren' : /^[=!><:&|~+*%^]/.test(text) ? 'op' : 'word'
    out.push({ kind, text, from: m.index, to: m.index + text.length })
  }
  return out
}

/** Whether an `or` stands outside every parenthesis, so that adding `and` would bind wrongly. */
function needsParentheses(q: string): boolean {
  let depth = 0
  for (const t of tokenize(q)) {
    if (t.text === '(') depth++
    else if (t.text === ')') depth--
    else if (depth === 0 && (/^or$/i.test(t.text) || t.text === '||')) return true
  }
  return false
}

/** The stretch that a completion at `caret` takes the place of: the word or string before it, else nothing. */
export function wordAt(q: string, caret: number): { from: number; to: number } {
  for (const t of tokenize(q)) {
    if (t.from < caret && caret <= t.to && (t.kind === 'word' || t.kind === 'string')) return { from: t.from, to: t.to }
  }
  return { from: caret, to: caret }
}

/** Puts a completion in; keys and operators get a space behind them, so that typing goes on. */
export function applyCompletion(q: string, caret: number, text: string): { q: string; caret: number } {
  const { from, to } = wordAt(q, caret)
  const before = q.slice(0, from)
  const after = q.slice(to)
  const gap = before !== '' && !/[\s(!]$/.test(before) && !/[=~><:]$/.test(before) ? ' ' : ''
  // Behind the dot of a scope and an open parenthesis the same word goes on.
  const tail = after.startsWith(' ') || (isTraceQL(before + text) && /[.(]$/.test(text)) ? '' : ' '
  const put = gap + text + tail
  return { q: before + put + after, caret: before.length + put.length + (tail === '' && after.startsWith(' ') ? 1 : 0) }
}

/** The offset in UTF-8 bytes of an offset in UTF-16 units, which is what a text field knows. */
export function byteOffset(q: string, units: number): number {
  return new TextEncoder().encode(q.slice(0, units)).length
}

/** The reverse of byteOffset. */
export function unitOffset(q: string, bytes: number): number {
  let at = 0
  for (let i = 0; i < q.length; ) {
    if (at >= bytes) return i
    const point = q.codePointAt(i) ?? 0
    at += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
    i += point > 0xffff ? 2 : 1
  }
  return q.length
}

/** Every condition on the key goes, then the new ones come. */
export function replaceKey(q: string, key: string, conditions: readonly string[]): string {
  let rest = q
  for (let found = boundsOf(rest, key); found !== null; found = boundsOf(rest, key)) rest = removeStretch(rest, found.from, found.to)
  return conditions.reduce(andAlso, rest.trim())
}

/** The first condition on a key in the outermost `and`, with any operator. */
function boundsOf(q: string, key: string): { from: number; to: number } | null {
  const tokens = tokenize(q)
  let depth = 0
  for (let i = 0; i + 2 < tokens.length; i++) {
    if (tokens[i].text === '(') depth++
    else if (tokens[i].text === ')') depth--
    else if (depth === 0 && tokens[i].text === key && tokens[i + 1].kind === 'op') return { from: tokens[i].from, to: tokens[i + 2].to }
  }
  return null
}

/** Takes out a condition together with the `and` that joined it. */
export function removeStretch(q: string, from: number, to: number): string {
  const before = q.slice(0, from)
  const after = q.slice(to)
  const leading = /\s*(?:\band|&&)\s*$/i
  const trailing = /^\s*(?:and\b|&&)\s*/i
  if (leading.test(before)) return (before.replace(leading, '') + after).trim()
  return (before + after.replace(trailing, '')).trim()
}
