import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useStore } from './context.ts'
import { HouseIcon } from './icons.tsx'
import { SYSTEM } from './turn.ts'

const GROUNDS = 8

/** The picture of a partner; without one, initials on one of eight grounds, always the same one for the same id. */
export function Avatar({ id, name, online }: { id: string; name: string; online?: boolean }): VNode {
  const ground = id === SYSTEM ? 'ground-system' : `ground-${groundOf(id)}`
  const picture = useStore().people.companion(id)?.picture
  const missing = useSignal<string | undefined>(undefined)
  return (
    <span class={`avatar ${ground}`} aria-hidden="true">
      {id === SYSTEM ? <HouseIcon /> : initialsOf(name)}
      {picture && picture !== missing.value && (
        <img src={picture} alt="" onError={() => (missing.value = picture)} />
      )}
      {online && <span class="online-dot" />}
    </span>
  )
}

function groundOf(id: string): number {
  let sum = 0
  for (const letter of id) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521
  return sum % GROUNDS
}

/** The first letters of the first two words. */
export function initialsOf(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean)
  const letters = words.slice(0, 2).map((word) => [...word][0] ?? '')
  return letters.join('').toUpperCase() || '·'
}
