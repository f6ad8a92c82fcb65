/** How often live pages ask again, in ms. */
export const LIVE_MS = 5000
