// Our own small pictures of what a node is, as stroked paths on a grid of 24. No vendor's mark is among them.
import type { Glyph } from './mapKind'

export const GLYPH_PATHS: Readonly<Record<Glyph, string>> = {
  client: 'M12 4a4 4 0 1 1 0 8a4 4 0 1 1 0 -8 M4 20.5a8 7 0 0 1 16 0',
  service: 'M12 3l8 4.5v9L12 21l-8 -4.5v-9z M12 12l8 -4.5 M12 12v9 M12 12L4 7.5',
  function: 'M7 4h2.5l7.5 16h2.5 M11.7 10L6 20',
  database: 'M4 6.5a8 3 0 1 0 16 0a8 3 0 1 0 -16 0 M4 6.5v11a8 3 0 0 0 16 0v-11 M4 12a8 3 0 0 0 16 0',
  cache: 'M13 3L5 14h6l-1 7l9 -12h-6z',
  queue: 'M3 8h4v8H3z M10 8h4v8h-4z M17 8h4v8h-4z',
  topic: 'M12 12h.01 M8.5 15.5a5 5 0 0 1 0 -7 M15.5 8.5a5 5 0 0 1 0 7 M5.5 18.5a9 9 0 0 1 0 -13 M18.5 5.5a9 9 0 0 1 0 13',
  bucket: 'M4 6h16l-2 13a8 2 0 0 1 -12 0z M4 6a8 2.5 0 0 1 16 0a8 2.5 0 0 1 -16 0',
  table: 'M4 5h16v14H4z M4 10h16 M4 14.5h16 M10 5v14',
  search: 'M10.5 4a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0 -13 M15.5 15.5L20 20',
  gateway: 'M4 20V9a8 6 0 0 1 16 0v11 M9 20v-8a3 3 0 0 1 6 0v8 M2.5 20h19',
  balancer: 'M12 4v5 M12 9L5 14 M12 9l7 5 M12 9v6 M3 15h4v4H3z M10 15h4v4h-4z M17 15h4v4h-4z',
  workflow: 'M4 4h6v6H4z M14 14h6v6h-6z M10 7h4a3 3 0 0 1 3 3v4',
  model: 'M12 3l2 6.5l6.5 2.5l-6.5 2.5l-2 6.5l-2 -6.5l-6.5 -2.5l6.5 -2.5z',
  dns: 'M12 3v4 M12 7h7l2 2.5l-2 2.5h-7z M12 12H5l-2 2.5l2 2.5h7z M12 17v4 M12 12v5',
  registry: 'M4 8l8 -4l8 4v8l-8 4l-8 -4z M8 10v5 M12 8.5v8 M16 10v5',
  secret: 'M6 11h12v9H6z M8.5 11V8a3.5 3.5 0 0 1 7 0v3 M12 14.5v2',
  monitor: 'M3 5h18v12H3z M9 21h6 M12 17v4 M6 12h3l2 -4l3 6l2 -2h2',
  mail: 'M3 6h18v12H3z M3 7l9 7l9 -7',
  cloud: 'M7 18a4 4 0 0 1 -0.5 -7.9a5.5 5.5 0 0 1 10.7 -1.1a4.5 4.5 0 0 1 -0.2 9z',
  external: 'M12 3a9 9 0 1 1 0 18a9 9 0 1 1 0 -18 M3 12h18 M12 3c5 5.5 5 12.5 0 18c-5 -5.5 -5 -12.5 0 -18',
  group: 'M4 4h7v7H4z M13 4h7v7h-7z M4 13h7v7H4z M13 13h7v7h-7z',
}
