/**
 * Clauses: the conditions that stand side by side in the outermost `and` of a filter. The server hands clauses out with
 * facets and comparisons; here they are put into a filter, found in it, and taken out again, letter by letter as they are.
 */
import { andAlso, removeStretch, type Token, tokenize } from './query'

/** One condition. `key` is empty where it is none that compares a key, such as text or what stands in parentheses. */
export type Clause = Comparison & { text: string; from: number; to: number }

/** `raw` is the value as it is written, quotes included, so that a number stays one. */
type Comparison = { key: string; op: string; value: string; raw: string }

const isWord = (t: Token | undefined, word: RegExp): boolean => t?.kind === 'word' && word.test(t.text)

/** The clauses of a filter; none where an `or` stands outside of parentheses, for then nothing is certain to hold. */
export function clausesOf(q: string): Clause[] {
  const tokens = tokenize(q)
  const out: Clause[] = []
  let i = 0
  while (i < tokens.length) {
    const t = tokens[i]
    if (isWord(t, /^or$/i) || t.text === '||') return []
    if (isWord(t, /^and$/i) || t.text === '&&' || t.text === ')') {
      i++
      continue
    }
    const end = endOf(tokens, i)
    const { from } = t
    const to = tokens[Math.min(end, tokens.length) - 1].to
    out.push({ text: q.slice(from, to), from, to, ...comparisonOf(tokens.slice(i, end)) })
    i = end
  }
  return out
}

/** The index behind the clause that begins at `i`. */
function endOf(tokens: readonly Token[], i: number): number {
  const t = tokens[i]
  if (isWord(t, /^not$/i) || t.text === '!' || isWord(t, /^exists$/i)) return i + 1 < tokens.length ? endOf(tokens, i + 1) : i + 1
  if (t.text === '(') {
    let depth = 0
    for (let k = i; k < tokens.length; k++) {
      if (tokens[k].text === '(') depth++
      else if (tokens[k].text === ')' && --depth === 0) return k + 1
    }
    return tokens.length
  }
  const key = keyLength(tokens, i)
  const op = tokens[i + key]
  if (op?.kind === 'op' && op.text !== '!' && op.text !== '&&' && op.text !== '||') return Math.min(tokens.length, i + key + 2)
  return i + key
}

/** A key is one word, or a scope and a quoted rest: `span."odd key"`. */
function keyLength(tokens: readonly Token[], i: number): number {
  const next = tokens[i + 1]
  return tokens[i].kind === 'word' && tokens[i].text.endsWith('.') && next?.kind === 'string' && next.from === tokens[i].to ? 2 : 1
}

function comparisonOf(tokens: readonly Token[]): Comparison {
  const n = keyLength(tokens, 0)
  const op = tokens[n]
  const value = tokens[n + 1]
  if (tokens[0].kind !== 'word' || op?.kind !== 'op' || value === undefined || tokens.length !== n + 2) return { key: '', op: '', value: '', raw: '' }
  const key = tokens.slice(0, n).map((t) => t.text).join('')
  return { key, op: op.text === ':' ? '=' : op.text, value: unquote(value.text), raw: value.text }
}

export function unquote(text: string): string {
  return text.startsWith('"') ? text.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1') : text
}

function same(a: Clause, b: Clause): boolean {
  return a.key === '' ? a.text === b.text : a.key === b.key && a.op === b.op && a.value === b.value
}

/** The filter's clauses that are those of `clause`, all of them or none. */
function found(q: string, clause: string): Clause[] {
  const there = clausesOf(q)
  const wanted = clausesOf(clause)
  const hits = wanted.map((w) => there.find((c) => same(c, w)))
  return wanted.length > 0 && hits.every((h) => h !== undefined) ? hits : []
}

/** The clause that holds where this one does not. */
export function opposite(clause: string): string {
  const parts = clausesOf(clause)
  if (parts.length === 1 && parts[0].key !== '' && /^!?=$/.test(parts[0].op)) {
    return `${parts[0].key} ${parts[0].op === '=' ? '!=' : '='} ${parts[0].raw}`
  }
  const presence = /^(not\s+)?exists\s+(\S+)$/i.exec(clause.trim())
  if (presence !== null) return presence[1] === undefined ? `not exists ${presence[2]}` : `exists ${presence[2]}`
  const negated = /^not\s+\((.*)\)$/i.exec(clause.trim())
  return negated !== null ? negated[1] : `not (${clause.trim()})`
}

/** Whether a filter asks for a clause (`in`), for everything but it (`out`), or for neither. */
export function standOf(q: string, clause: string): 'in' | 'out' | null {
  if (found(q, clause).length > 0) return 'in'
  return found(q, opposite(clause)).length > 0 ? 'out' : null
}

/** Without the clause, in whichever sense it stands. */
function without(q: string, clause: string): string {
  const hits = [...found(q, clause), ...found(q, opposite(clause))].sort((a, b) => b.from - a.from)
  return hits.reduce((rest, c) => removeStretch(rest, c.from, c.to), q)
}

/** Asks for the clause, or no longer, where the filter does so already. */
export function toggleClause(q: string, clause: string, sense: 'in' | 'out'): string {
  const rest = without(q, clause)
  return standOf(q, clause) === sense ? rest : andAlso(rest, sense === 'in' ? clause : opposite(clause))
}

/** Asks for this value of a key, whatever else the filter said about the key. */
export function onlyClause(q: string, clause: string): string {
  const key = clausesOf(clause)[0]?.key ?? ''
  const others = key === '' ? [] : clausesOf(q).filter((c) => c.key === key)
  const rest = others.reduceRight((text, c) => removeStretch(text, c.from, c.to), q)
  return andAlso(without(rest, clause), clause)
}
