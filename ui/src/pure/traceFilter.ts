// The search inside a trace: the short form of the filter language over what the skeleton holds
// (service, name, kind, class, status, http, duration, peer, peer.type, depth, id), plus `>2.5%` of the trace.
import { CLASSES, KINDS, STATUSES, spanId, type TraceModel } from './trace'

export type Test = (row: number) => boolean
export type Parsed = { readonly ok: true; readonly test: Test } | { readonly ok: false; readonly message: string; readonly position: number }

interface Token {
  readonly kind: 'word' | 'op' | '(' | ')'
  readonly text: string
  readonly at: number
  readonly quoted: boolean
}

class Wrong extends Error {
  constructor(message: string, readonly at: number) {
    super(message)
  }
}

const OPS = ['!=', '>=', '<=', '=~', '!~', '=', '>', '<', ':']

/** Compiles a search to a test on rows. An empty text matches nothing in particular: callers treat it as "no search". */
export function parseTraceFilter(text: string, trace: TraceModel): Parsed {
  try {
    const tokens = tokenize(text)
    const parser = new Parser(tokens, trace, text.length)
    return { ok: true, test: parser.all() }
  } catch (e) {
    if (e instanceof Wrong) return { ok: false, message: e.message, position: e.at }
    throw e
  }
}

/** Runs a test over every row; 1 = match. */
export function matchRows(count: number, test: Test): { readonly mask: Uint8Array; readonly rows: Int32Array } {
  const mask = new Uint8Array(count)
  const rows: number[] = []
  for (let i = 0; i < count; i++) {
    if (test(i)) {
      mask[i] = 1
      rows.push(i)
    }
  }
  return { mask, rows: Int32Array.from(rows) }
}

function tokenize(text: string): Token[] {
  const out: Token[] = []
  let i = 0
  while (i < text.length) {
    const c = text[i]
    if (/\s/.test(c)) {
      i++
    } else if (c === '(' || c === ')') {
      out.push({ kind: c, text: c, at: i++, quoted: false })
    } else if (c === '"' || c === "'") {
      const end = text.indexOf(c, i + 1)
      if (end < 0) throw new Wrong('This quote is not closed.', i)
      out.push({ kind: 'word', text: text.slice(i + 1, end), at: i, quoted: true })
      i = end + 1
    } else {
      const op = OPS.find((o) => text.startsWith(o, i))
      if (op !== undefined) {
        out.push({ kind: 'op', text: op, at: i, quoted: false })
        i += op.length
      } else if (c === '!') {
        out.push({ kind: 'word', text: 'not', at: i++, quoted: false })
      } else {
        const end = wordEnd(text, i)
        out.push({ kind: 'word', text: text.slice(i, end), at: i, quoted: false })
        i = end
      }
    }
  }
  return out
}

function wordEnd(text: string, from: number): number {
  let i = from
  while (i < text.length && !/[\s()"'=<>:]/.test(text[i]) && !(text[i] === '!' && /[=~]/.test(text[i + 1] ?? ''))) i++
  return Math.max(i, from + 1)
}

class Parser {
  private i = 0
  constructor(private readonly tokens: readonly Token[], private readonly trace: TraceModel, private readonly length: number) {}

  all(): Test {
    if (this.tokens.length === 0) return () => true
    const test = this.or()
    const left = this.tokens[this.i]
    if (left) throw new Wrong(`“${left.text}” is not expected here.`, left.at)
    return test
  }

  private or(): Test {
    let left = this.and()
    while (this.word('or')) {
      const a = left
      const b = this.and()
      left = (r) => a(r) || b(r)
    }
    return left
  }

  private and(): Test {
    let left = this.not()
    for (;;) {
      this.word('and')
      const next = this.tokens[this.i]
      if (!next || next.kind === ')' || (next.text.toLowerCase() === 'or' && !next.quoted)) return left
      const a = left
      const b = this.not()
      left = (r) => a(r) && b(r)
    }
  }

  private not(): Test {
    if (!this.word('not')) return this.one()
    const inner = this.not()
    return (r) => !inner(r)
  }

  private one(): Test {
    const token = this.tokens[this.i]
    if (!token) throw new Wrong('Something is missing at the end.', this.length)
    this.i++
    if (token.kind === '(') {
      const inner = this.or()
      if (this.tokens[this.i]?.kind !== ')') throw new Wrong('This parenthesis is not closed.', token.at)
      this.i++
      return inner
    }
    if (token.kind === 'op') return this.bare(token)
    if (token.kind === ')') throw new Wrong('This parenthesis was never opened.', token.at)
    const op = this.tokens[this.i]
    if (op?.kind !== 'op' || token.quoted) return this.free(token)
    this.i++
    const value = this.tokens[this.i]
    if (value?.kind !== 'word') throw new Wrong(`A value is missing after “${op.text}”.`, op.at + op.text.length)
    this.i++
    return this.compare(token, op.text === ':' ? '=' : op.text, value)
  }

  /** `>2.5%` and `>10ms`: a duration on its own. */
  private bare(op: Token): Test {
    const value = this.tokens[this.i]
    if (value?.kind !== 'word') throw new Wrong(`A value is missing after “${op.text}”.`, op.at + op.text.length)
    this.i++
    return this.number(op.text, this.duration(value), (r) => this.trace.spans.duration[r], op)
  }

  private word(text: string): boolean {
    const t = this.tokens[this.i]
    if (t?.kind !== 'word' || t.quoted || t.text.toLowerCase() !== text) return false
    this.i++
    return true
  }

  private free(token: Token): Test {
    const { trace } = this
    const { spans } = trace
    const match = glob(token.text, true)
    const names = trace.names.map(match)
    const services = trace.services.map((s) => match(s.name))
    const peers = trace.peerNames.map(match)
    const types = trace.peerTypes.map(match)
    const id = /^[0-9a-f]{4,16}$/i.test(token.text) ? token.text.toLowerCase() : ''
    return (r) =>
      names[spans.name[r]] || services[spans.service[r]] || (peers[spans.peerName[r]] ?? false) || (types[spans.peerType[r]] ?? false) ||
      (id !== '' && spanId(spans, r).includes(id))
  }

  private compare(key: Token, op: string, value: Token): Test {
    const { trace } = this
    const { spans } = trace
    switch (key.text.toLowerCase()) {
      case 'service': return this.text(op, value, trace.services.map((s) => s.name), spans.service)
      case 'env': return this.text(op, value, trace.services.map((s) => s.env), spans.service)
      case 'name': case 'operation': return this.text(op, value, trace.names, spans.name)
      case 'peer': return this.text(op, value, trace.peerNames, spans.peerName)
      case 'peer.type': return this.text(op, value, trace.peerTypes, spans.peerType)
      case 'kind': return this.text(op, value, KINDS, spans.kind)
      case 'class': return this.text(op, value, CLASSES, spans.klass)
      case 'status': return this.text(op, value, STATUSES, spans.status)
      case 'duration': return this.number(op, this.duration(value), (r) => spans.duration[r], key)
      case 'self': return this.number(op, this.duration(value), (r) => spans.self[r], key)
      case 'http': case 'http.response.status_code': return this.number(op, this.count(value), (r) => spans.http[r], key)
      case 'depth': return this.number(op, this.count(value), (r) => spans.depth[r], key)
      case 'events': return this.number(op, this.count(value), (r) => spans.events[r], key)
      case 'links': return this.number(op, this.count(value), (r) => spans.links[r], key)
      default:
        throw new Wrong(`“${key.text}” is not known here. Inside a trace: service, name, kind, class, status, http, duration, self, peer, peer.type.`, key.at)
    }
  }

  private text(op: string, value: Token, dictionary: readonly string[], column: Int32Array | Uint8Array): Test {
    const positive = op === '=' || op === '=~'
    if (!positive && op !== '!=' && op !== '!~') throw new Wrong(`“${op}” does not compare text.`, value.at)
    const match = op.endsWith('~') ? pattern(value) : glob(value.text, false)
    const hits = dictionary.map((d) => match(d) === positive)
    return (r) => hits[column[r]] ?? false
  }

  private number(op: string, limit: number, of: (row: number) => number, at: Token): Test {
    switch (op) {
      case '>': return (r) => of(r) > limit
      case '>=': return (r) => of(r) >= limit
      case '<': return (r) => of(r) < limit
      case '<=': return (r) => of(r) <= limit
      case '=': return (r) => of(r) === limit
      case '!=': return (r) => of(r) !== limit
      default: throw new Wrong(`“${op}” does not compare numbers.`, at.at)
    }
  }

  private count(value: Token): number {
    const n = Number(value.text)
    if (value.text === '' || Number.isNaN(n)) throw new Wrong(`“${value.text}” is not a number.`, value.at)
    return n
  }

  private duration(value: Token): number {
    const m = /^(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|%)?$/.exec(value.text)
    if (!m) throw new Wrong(`“${value.text}” is not a duration. Write 10ms, 1.5s or 2.5%.`, value.at)
    const n = Number(m[1])
    switch (m[2]) {
      case '%': return (n / 100) * this.trace.duration
      case 'ns': return n
      case 'us': case 'µs': return n * 1e3
      case 's': return n * 1e9
      case 'm': return n * 60e9
      case 'h': return n * 3600e9
      default: return n * 1e6
    }
  }
}

function pattern(value: Token): (text: string) => boolean {
  try {
    const re = new RegExp(value.text)
    return (text) => re.test(text)
  } catch {
    throw new Wrong(`“${value.text}” is not a regular expression.`, value.at)
  }
}

/** `*` stands for anything. Free words match anywhere in the text, values match it whole; case is ignored. */
function glob(text: string, anywhere: boolean): (candidate: string) => boolean {
  const lower = text.toLowerCase()
  if (!lower.includes('*')) return anywhere ? (c) => c !== '' && c.toLowerCase().includes(lower) : (c) => c.toLowerCase() === lower
  const body = lower.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')
  const re = new RegExp(anywhere ? body : `^${body}$`)
  return (c) => re.test(c.toLowerCase())
}
