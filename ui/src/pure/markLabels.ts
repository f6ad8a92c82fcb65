// Where the names of marks on an axis stand, so that none lies over another.

export interface MarkLabel {
  readonly text: string
  /** share of the axis */
  readonly at: number
  /** which part of the text stands there */
  readonly align: 'start' | 'middle' | 'end'
}

/** Shares of a narrow axis that a letter and the air between two names take. */
const LETTER = 0.019
const AIR = 0.015

/** Names in the order of their marks; those that would touch stand together as one. */
export function markLabels(marks: readonly (readonly [label: string, at: number])[]): MarkLabel[] {
  const groups = [...marks].sort((a, b) => a[1] - b[1]).map(([label, at]) => ({ labels: [label], from: at, to: at }))
  for (let i = 0; i + 1 < groups.length; ) {
    const [a, b] = [boxOf(groups[i]), boxOf(groups[i + 1])]
    if (a.end + AIR <= b.start) {
      i++
      continue
    }
    groups.splice(i, 2, { labels: [...groups[i].labels, ...groups[i + 1].labels], from: groups[i].from, to: groups[i + 1].to })
    i = Math.max(0, i - 1)
  }
  return groups.map((g) => {
    const { text, at, align } = boxOf(g)
    return { text, at, align }
  })
}

/** Inside of the axis, whatever its ends. */
function boxOf(g: { labels: readonly string[]; from: number; to: number }): MarkLabel & { start: number; end: number } {
  const text = g.labels.join(' · ')
  const width = text.length * LETTER
  const at = (g.from + g.to) / 2
  if (at - width / 2 < 0) return { text, at: 0, align: 'start', start: 0, end: width }
  if (at + width / 2 > 1) return { text, at: 1, align: 'end', start: 1 - width, end: 1 }
  return { text, at, align: 'middle', start: at - width / 2, end: at + width / 2 }
}
