import { useState } from 'react'
import { formatCount } from '../../pure/format'
import { FLAG, has, type TraceModel } from '../../pure/trace'
import { Button } from '../../widgets/Button'
import { Notice } from '../../widgets/States'
import css from './TracePage.module.css'

const FEW = 2

/** What the reader should know before trusting the picture. */
export function Warnings({ trace, asSent, onAsSent }: { trace: TraceModel; asSent: boolean; onAsSent: (off: boolean) => void }) {
  const [all, setAll] = useState(false)
  const skewed = asSent || trace.spans.flags.some((f) => has(f, FLAG.skewAdjusted))
  const texts = trace.warnings.filter((w) => w.code !== 'truncated').map((w) => w.message)
  if (trace.truncated) {
    const { kept, total } = trace.truncated
    texts.unshift(`${formatCount(kept)} of ${formatCount(total)} spans are here: errors, the critical path, the upper levels and the longest. Open “more spans” where you want the others; search and figures by group see only what is here.`)
  }
  if (asSent) texts.push('Times are as they were sent; clocks of different hosts may disagree.')
  if (texts.length === 0) return null
  const shown = all ? texts : texts.slice(0, FEW)
  return (
    <div className={css.warnings}>
      {shown.map((text, i) => (
        <Notice
          key={text}
          tone="warn"
          action={
            i === shown.length - 1 && (skewed || texts.length > FEW) ? (
              <>
                {skewed && (
                  <Button size="sm" look="quiet" onClick={() => onAsSent(!asSent)}>
                    {asSent ? 'Adjust for skew' : 'Times as sent'}
                  </Button>
                )}
                {texts.length > FEW && (
                  <Button size="sm" look="quiet" onClick={() => setAll(!all)}>
                    {all ? 'Fewer' : `${texts.length - FEW} more`}
                  </Button>
                )}
              </>
            ) : undefined
          }
        >
          {text}
        </Notice>
      ))}
    </div>
  )
}
