/** What the page says of exceptions. */

type Named = { type: string; message: string }

/** What a group is called: by its type, else by what it says. */
export function nameOf(e: Named): string {
  if (e.type !== '') return shortType(e.type)
  return e.message !== '' ? firstLine(e.message) : 'Exception without a type'
}

/** The last part of a type's qualified name: `java.io.IOException` is IOException. */
export function shortType(type: string): string {
  const parts = type.split(/[.\\/]|::/).filter((p) => p !== '')
  const last = parts.at(-1) ?? type
  // Of Go's *errors.errorString the package is half of the name.
  return type.startsWith('*') ? type : last
}

export function firstLine(text: string): string {
  return text.trimStart().split('\n', 1)[0]
}

export type Badge = { label: string; why: string }

/** Whether a group is news, and what of. */
export function badgeOf(e: { new: boolean; new_in_version: boolean; version: string }): Badge | null {
  if (e.new_in_version) return { label: `New in ${e.version}`, why: 'First seen with this version; an older version was there before and did not have it' }
  if (e.new) return { label: 'New', why: 'First seen in this time range' }
  return null
}

export type StackPart = { own: boolean; lines: string[] }

const LIBRARY =
  /\/node_modules\/|node:|\binternal\/|site-packages|dist-packages|\/lib\/python|<frozen|\/gems\/|\/lib\/ruby\/|<internal:|\/pkg\/mod\/|\/go\/src\/|\/vendor\/|^\s*at (?:[\w.@-]*\/)*(?:javax?|jdk|sun|com\.sun|jakarta|kotlinx?|scala|org\.(?:springframework|apache|hibernate|eclipse|jboss|glassfish)|io\.(?:netty|grpc|opentelemetry|undertow)|reactor|System|Microsoft|Npgsql|Grpc)\./

/** Fewer lines of a library than these are not worth folding. */
const FOLD = 3

/** A stack trace in parts: what is the service's own, and runs of library frames that may be folded. A frame of two lines stays whole. */
export function foldStack(text: string): StackPart[] {
  const lines = text.replace(/\s+$/, '').split('\n')
  const foreign = lines.map((l) => LIBRARY.test(l))
  // In Go the file follows the function, in Python the source line follows the file.
  for (let i = 0; i < lines.length; i++) {
    if (!foreign[i]) continue
    if (/^\s+\S+\.go:\d+/.test(lines[i]) && i > 0) foreign[i - 1] = true
    if (/^\s+File "/.test(lines[i]) && i + 1 < lines.length && /^\s{4}/.test(lines[i + 1])) foreign[i + 1] = true
  }
  const parts: StackPart[] = []
  lines.forEach((line, i) => {
    const own = !foreign[i]
    const last = parts.at(-1)
    if (last?.own === own) last.lines.push(line)
    else parts.push({ own, lines: [line] })
  })
  // Short runs are shown with what is around them.
  const out: StackPart[] = []
  for (const part of parts) {
    const shown = part.own || part.lines.length < FOLD
    const last = out.at(-1)
    if (last?.own === true && shown) last.lines.push(...part.lines)
    else out.push({ own: shown, lines: [...part.lines] })
  }
  return out
}
