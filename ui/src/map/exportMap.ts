/** Saves the map as a file. */
import type { Disc } from '../pure/mapDraw'
import type { Scene } from '../pure/mapScene'
import { type LabelledBox, mapSvg, mix, type Palette } from '../pure/mapSvg'
import { token } from '../widgets/theme'

function palette(): Palette {
  const edge = mix(token('--bg'), token('--text-3'), 0.6)
  return {
    bg: token('--bg'), surface: token('--surface'), text: token('--text'), text2: token('--text-2'), text3: token('--text-3'), line: token('--line-strong'), edge,
    accent: token('--accent'), worse: token('--slower'), better: token('--faster'), ok: token('--ok'), error: token('--error'), throttle: token('--throttle'), fault: token('--fault'),
  }
}

export async function exportMap(scene: Scene, discs: ReadonlyMap<string, Disc>, boxes: readonly LabelledBox[], as: 'svg' | 'png', title: string, down: boolean, deltas?: Parameters<typeof mapSvg>[7], alarms?: Parameters<typeof mapSvg>[8]): Promise<void> {
  const { svg, width, height } = mapSvg(scene.nodes, scene.edges, discs, boxes, palette(), title, down, deltas, alarms)
  const file = new Blob([svg], { type: 'image/svg+xml' })
  save(as === 'svg' ? file : await rasterise(file, width, height), `sightline-map.${as}`)
}

/** The figures behind the picture. */
export function exportJson(content: object): void {
  save(new Blob([JSON.stringify(content, null, 1), '\n'], { type: 'application/json' }), 'sightline-map.json')
}

/** Twice the size, for print; less where a canvas could not hold it. */
async function rasterise(file: Blob, width: number, height: number): Promise<Blob> {
  const url = URL.createObjectURL(file)
  try {
    const image = new Image()
    image.src = url
    await image.decode()
    const scale = Math.min(2, 12_000 / Math.max(width, height))
    const canvas = document.createElement('canvas')
    canvas.width = Math.round(width * scale)
    canvas.height = Math.round(height * scale)
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
    const png = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'))
    if (png === null) throw new Error('The browser could not make a picture of this size.')
    return png
  } finally {
    URL.revokeObjectURL(url)
  }
}

function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
