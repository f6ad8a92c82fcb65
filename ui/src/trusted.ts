// The server's policy asks for trusted types: text may not become code. The one thing of ours that is subject to it is the address
// of a worker, which the build has put beside the page; nothing else is let through.
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): unknown
}

declare global {
  interface Window {
    readonly trustedTypes?: TrustedTypes // not in every browser; without it there is nothing to do
  }
}

window.trustedTypes?.createPolicy('default', {
  createScriptURL(url) {
    if (new URL(url, window.location.href).origin !== window.location.origin) throw new TypeError(`refused script from ${url}`)
    return url
  },
})

export {}
