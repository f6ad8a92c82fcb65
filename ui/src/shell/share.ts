import { isRelative, pin, type Range } from '../pure/time'
import { printSearch, readSearch } from '../url'
import { notify } from '../widgets/Toast'

/** The address of what is on the page; with `pinned`, `now` becomes the moment it is at present. */
export function linkTo(range: Range, pinned: boolean, now: number): string {
  const { origin, pathname, search } = window.location
  if (!pinned || !isRelative(range)) return origin + pathname + search
  return origin + pathname + printSearch({ ...readSearch(search), ...pin(range, now), live: undefined })
}

export async function copyLink(range: Range, pinned = true): Promise<void> {
  try {
    await navigator.clipboard.writeText(linkTo(range, pinned, Date.now()))
    notify(pinned && isRelative(range) ? 'Link copied; its time range is pinned' : 'Link copied')
  } catch {
    notify('The browser did not allow copying; take the address from its address bar')
  }
}
