/** Puts the figures of pure/traceBars.ts on a canvas. Nothing is decided here. */
import type { Bar } from '../pure/traceBars'
import type { Px } from '../pure/units'
import { hueToken, token } from '../widgets/theme'

export interface Frame {
  readonly width: Px
  readonly rowHeight: Px
  /** top and height of a bar within its row */
  readonly barTop: Px
  readonly barHeight: Px
  /** px left of the plot's first moment */
  readonly left: Px
  readonly grid: readonly Px[]
  readonly height: Px
}

/** A canvas as sharp as the screen; gives its context, cleared. */
export function prepare(canvas: HTMLCanvasElement, width: Px, height: Px): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio || 1
  const w = Math.round(width * ratio)
  const h = Math.round(height * ratio)
  // Setting a size clears and reallocates, so it is done only when it changes.
  if (canvas.width !== w) canvas.width = w
  if (canvas.height !== h) canvas.height = h
  const ctx = canvas.getContext('2d')
  if (ctx === null) return null
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0)
  ctx.clearRect(0, 0, width, height)
  return ctx
}

export function paintBars(ctx: CanvasRenderingContext2D, list: readonly Bar[], frame: Frame): void {
  ctx.save()
  ctx.translate(frame.left, 0)
  ctx.fillStyle = token('--line')
  for (const x of frame.grid) ctx.fillRect(Math.round(x), 0, 1, frame.height)
  ctx.textBaseline = 'middle'
  ctx.font = `11px ${token('--font')}`
  for (const bar of list) paintBar(ctx, bar, frame)
  ctx.restore()
}

const FADED = 0.4
const DIM = 0.4

function paintBar(ctx: CanvasRenderingContext2D, bar: Bar, frame: Frame): void {
  const y = bar.y + frame.barTop
  const h = frame.barHeight
  const low = 0 - frame.left
  const high = frame.width
  const x0 = Math.max(low, bar.x0)
  const x1 = Math.min(high, bar.x1)
  const alpha = bar.dim ? DIM : 1
  const fill = hueToken(bar.hue)
  if (x1 > low && x0 < high) {
    ctx.fillStyle = fill
    ctx.globalAlpha = FADED * alpha
    rounded(ctx, x0, y, x1 - x0, h, 2)
    ctx.globalAlpha = alpha
    for (let i = 0; i < bar.solid.length; i += 2) {
      const a = Math.max(low, bar.solid[i])
      const b = Math.min(high, bar.solid[i + 1])
      if (b > a) rounded(ctx, a, y, b - a, h, Math.min(2, (b - a) / 2))
    }
    if (bar.gap.length > 0) paintGap(ctx, bar.gap, low, high, y, h, fill)
    if (bar.origin) paintFailure(ctx, x0, x1, y, h, bar.klass)
    else if (bar.klass !== 0) {
      // A failure that came from below: marked at its end, where it was answered.
      ctx.fillStyle = failureColour(bar.klass)
      ctx.fillRect(Math.max(x0, x1 - 3), y, Math.min(3, x1 - x0), h)
    }
    if (bar.inProgress) paintOpenEnd(ctx, x1, y, h, fill)
  }
  // Descendants that outlive the bar: a thin line on from its end.
  if (bar.tail > bar.x1 + 1 && bar.tail > low) {
    ctx.globalAlpha = 0.8 * alpha
    ctx.fillStyle = fill
    // The line goes on behind the duration, never through it.
    const text = bar.text !== '' && !bar.textEnds ? ctx.measureText(bar.text).width + 12 : 0
    const from = Math.max(low, bar.x1 + text)
    const to = Math.min(high, bar.tail)
    if (to > from) ctx.fillRect(from, y + h / 2 - 0.5, to - from, 1)
  }
  ctx.globalAlpha = alpha
  ctx.fillStyle = token('--critical')
  for (let i = 0; i < bar.critical.length; i += 2) {
    const a = Math.max(low, bar.critical[i])
    const b = Math.min(high, bar.critical[i + 1])
    if (b > a) ctx.fillRect(a, y + h, b - a, 3)
  }
  if (bar.ticks.length > 0) paintTicks(ctx, bar.ticks, y, h)
  if (bar.text !== '') {
    ctx.fillStyle = bar.klass === 0 ? token('--text-3') : failureColour(bar.klass)
    ctx.textAlign = bar.textEnds ? 'right' : 'left'
    ctx.fillText(bar.text, bar.textX, y + h / 2 + 0.5)
  }
  ctx.globalAlpha = 1
}

function failureColour(klass: number): string {
  return token(klass === 1 ? '--error' : klass === 2 ? '--throttle' : '--fault')
}

/** Where a failure began, the bar wears a frame and a hatch of its class: never colour alone. */
function paintFailure(ctx: CanvasRenderingContext2D, x0: Px, x1: Px, y: Px, h: Px, klass: number): void {
  const colour = failureColour(klass)
  const w = x1 - x0
  ctx.save()
  ctx.fillStyle = colour
  if (w < 6) {
    ctx.fillRect(x0, y, Math.max(2, w), h)
    ctx.restore()
    return
  }
  ctx.beginPath()
  ctx.rect(x0, y, w, h)
  ctx.clip()
  ctx.strokeStyle = colour
  ctx.lineWidth = 1.5
  ctx.beginPath()
  for (let x = x0 - h; x < x1; x += 7) {
    ctx.moveTo(x, y + h)
    ctx.lineTo(x + h, y)
  }
  ctx.stroke()
  ctx.lineWidth = 3
  ctx.strokeRect(x0, y, w, h)
  ctx.restore()
}

/** Time on the network: a thin hatch over the faint bar. */
function paintGap(ctx: CanvasRenderingContext2D, gap: readonly Px[], low: Px, high: Px, y: Px, h: Px, fill: string): void {
  ctx.save()
  ctx.beginPath()
  for (let i = 0; i < gap.length; i += 2) {
    const a = Math.max(low, gap[i])
    const b = Math.min(high, gap[i + 1])
    if (b - a >= 1) ctx.rect(a, y, b - a, h)
  }
  ctx.clip()
  ctx.strokeStyle = fill
  ctx.lineWidth = 1
  ctx.beginPath()
  for (let i = 0; i < gap.length; i += 2) {
    const b = Math.min(high, gap[i + 1])
    for (let x = Math.max(low, gap[i]) - h; x < b; x += 4) {
      ctx.moveTo(x, y)
      ctx.lineTo(x + h, y + h)
    }
  }
  ctx.stroke()
  ctx.restore()
}

/** Events of the chosen span: notches over the whole height of its bar. */
function paintTicks(ctx: CanvasRenderingContext2D, at: readonly Px[], y: Px, h: Px): void {
  const [ink, paper] = [token('--text'), token('--bg')]
  for (const x of at) {
    ctx.fillStyle = paper
    ctx.fillRect(x - 1.5, y - 3, 4, h + 6)
    ctx.fillStyle = ink
    ctx.fillRect(x - 0.5, y - 3, 2, h + 6)
  }
}

/** A span whose end has not arrived fades out in steps. */
function paintOpenEnd(ctx: CanvasRenderingContext2D, x: Px, y: Px, h: Px, fill: string): void {
  ctx.fillStyle = fill
  for (let i = 0; i < 4; i++) {
    ctx.globalAlpha = 0.6 - i * 0.14
    ctx.fillRect(x + 2 + i * 5, y, 3, h)
  }
}

function rounded(ctx: CanvasRenderingContext2D, x: Px, y: Px, w: Px, h: Px, r: Px): void {
  if (w < 4) {
    ctx.fillRect(x, y, w, h)
    return
  }
  ctx.beginPath()
  ctx.roundRect(x, y, w, h, r)
  ctx.fill()
}
