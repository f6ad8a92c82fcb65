/** How components read and change the part of the URL that every page shares. */
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import type { Scope } from './api/hooks'
import type { Range } from './pure/time'
import { DEFAULT_RANGE } from './pure/time'
import { decode, rangeOfSearch, type SharedSearch, sharedOf } from './url'

/** from, to, env, namespace and live of the page in view. */
export function useShared(): SharedSearch {
  // Outside of a page's own route the search is as it was written, so it is read here.
  const search: Record<string, unknown> = useSearch({ strict: false })
  const { from, to, env, namespace, live } = search
  return useMemo(() => sharedOf(decode('start', { from, to, env, namespace, live }).search), [from, to, env, namespace, live])
}

/** The same as the hooks of api/ want it. */
export function useScope(): Scope {
  const shared = useShared()
  return useMemo(() => ({ range: rangeOfSearch(shared), env: shared.env, namespace: shared.namespace, live: shared.live }), [shared])
}

/** Changes some of the shared parameters and keeps everything else of the page in view. */
export function usePatchShared(): (patch: SharedSearch) => void {
  const navigate = useNavigate()
  return useCallback(
    (patch) => void navigate({ to: '.', search: (before) => ({ ...before, ...patch }) }),
    [navigate],
  )
}

/** Sets the time range; the default one leaves no trace in the URL. */
export function useSetRange(): (range: Range) => void {
  const patch = usePatchShared()
  return useCallback(
    (range) =>
      patch(
        range.from === DEFAULT_RANGE.from && range.to === DEFAULT_RANGE.to
          ? { from: undefined, to: undefined }
          : { from: range.from, to: range.to === DEFAULT_RANGE.to ? undefined : range.to },
      ),
    [patch],
  )
}
