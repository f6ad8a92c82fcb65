import css from './TracesPage.module.css'

/** The heads of the columns of the trace list; the same columns as a row in ResultRow.module.css. */
export function TraceHead({ measureChips }: { measureChips: (node: HTMLSpanElement | null) => void }) {
  return (
    <div className={css.header} aria-hidden="true">
      <span />
      <span>Trace</span>
      <span ref={measureChips} className={css.services}>
        Services
      </span>
      <span className={css.right}>Duration</span>
      <span className={css.right}>Spans</span>
      <span className={css.right}>Errors</span>
      <span className={css.right}>Start</span>
    </div>
  )
}
