// Finding a node by a part of its name: beginnings first, then beginnings of words, then anything.

export function searchNodes<T extends { readonly label: string }>(items: readonly T[], text: string, limit: number): T[] {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return []
  const scored = items.flatMap((item) => {
    const label = item.label.toLowerCase()
    const at = label.indexOf(wanted)
    if (at < 0) return []
    const score = at === 0 ? 0 : /[-_.:/ ]/.test(label[at - 1]) ? 1 : 2
    return [{ item, score, label }]
  })
  return scored.sort((a, b) => a.score - b.score || a.label.length - b.label.length || a.label.localeCompare(b.label)).slice(0, limit).map((s) => s.item)
}
