import { type ReadonlySignal, signal } from '@preact/signals'
import type { Storage } from './storage.ts'

export const THEMES = ['system', 'light', 'dark'] as const
export type ThemeName = (typeof THEMES)[number]

/** Light or dark: as the device, or as the person chose. */
export interface Theme {
  readonly choice: ReadonlySignal<ThemeName>
  /** Remembered for the next visit. */
  choose(name: ThemeName): void
}

/** Shows what was chosen on an earlier visit. The styles follow `data-theme` of the document. */
export function createTheme(storage: Storage): Theme {
  const kept = storage.get('theme')
  const choice = signal<ThemeName>(THEMES.find((name) => name === kept) ?? 'system')

  function show(): void {
    if (choice.value === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = choice.value
  }

  show()
  return {
    choice,
    choose(name) {
      choice.value = name
      storage.set('theme', name)
      show()
    },
  }
}
