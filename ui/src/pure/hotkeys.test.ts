import { expect, it } from 'vitest'
import { chordOf, match } from './hotkeys'

const press = (key: string, more: Partial<Parameters<typeof chordOf>[0]> = {}) => chordOf({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more })

it('spells chords as the registry does', () => {
  expect(press('r')).toBe('r')
  expect(press('R', { shiftKey: true })).toBe('shift+r')
  expect(press('?', { shiftKey: true })).toBe('?')
  expect(press('k', { ctrlKey: true })).toBe('mod+k')
  expect(press('k', { metaKey: true })).toBe('mod+k')
  expect(press('ArrowLeft', { altKey: true })).toBe('alt+arrowleft')
  expect(press('Enter', { shiftKey: true })).toBe('shift+enter')
  expect(press(' ')).toBe('space')
})

it('waits for the second key of a sequence', () => {
  const keys = ['g m', 'g t', 'r', '?']
  expect(match(['g'], keys)).toBe('wait')
  expect(match(['g', 't'], keys)).toEqual({ run: 'g t' })
  expect(match(['r'], keys)).toEqual({ run: 'r' })
  expect(match(['g', 'x'], keys)).toBe('none')
  expect(match(['x'], keys)).toBe('none')
})
