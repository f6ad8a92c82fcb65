import { CircleAlert } from 'lucide-react'
import type { RuleGroup } from '../../api/alerts'
import { brokenRules } from '../../pure/alertPage'
import css from './AlertsPage.module.css'

/** What keeps rules from being watched: files that can't be read, rules that can't be evaluated. Either looks like peace. */
export function Problems({ problems, groups }: { problems: readonly string[]; groups: readonly RuleGroup[] }) {
  const broken = brokenRules(groups)
  if (problems.length + broken.length === 0) return null
  return (
    <section className={css.problems} aria-label="Problems of the rules" role="alert">
      <CircleAlert size={18} aria-hidden="true" />
      <div>
        {problems.length > 0 && (
          <>
            <h2>Not everything could be read</h2>
            <ul>
              {problems.map((p) => (
                <li key={p}>{p}</li>
              ))}
            </ul>
            <p>
              Mend the file; it is read again by itself, and what was read before stays in force until then. <code>sightline check rules FILE</code> says the same before a file is put in place.
            </p>
          </>
        )}
        {broken.length > 0 && (
          <>
            <h2>{broken.length === 1 ? 'A rule can’t be evaluated' : `${broken.length} rules can’t be evaluated`}</h2>
            <ul>
              {broken.map(({ group, rule }) => (
                <li key={`${group.file} ${group.name} ${rule.name}`}>
                  <strong>{rule.name}</strong> of {group.name}: {rule.error}
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </section>
  )
}
