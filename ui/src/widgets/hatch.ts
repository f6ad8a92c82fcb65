import type { Box } from '../pure/chart'
import { token } from './theme'

/** Fills a box and strokes it slantwise, so that what it says is no matter of colour alone. Strokes of neighbours join. */
export function hatch(c: CanvasRenderingContext2D, box: Box, fill: string, stroke: string, strength: number): void {
  const height = box.bottom - box.top
  c.save()
  c.beginPath()
  c.rect(box.left, box.top, box.right - box.left, height)
  c.clip()
  c.fillStyle = token(fill)
  c.fillRect(box.left, box.top, box.right - box.left, height)
  c.strokeStyle = token(stroke)
  c.globalAlpha = strength
  c.lineWidth = 1.2
  c.beginPath()
  // Lines of x + y = a multiple of the gap, wherever the box is.
  const gap = 7
  for (let sum = Math.ceil((box.left + box.top) / gap) * gap; sum < box.right + box.bottom; sum += gap) {
    c.moveTo(sum - box.top, box.top)
    c.lineTo(sum - box.bottom, box.bottom)
  }
  c.stroke()
  c.restore()
}
