import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useStore } from './context.ts'

/** Shorter breaks are nobody's business. */
const QUIET = 1_000
const PATIENT = 6_000
const BACK = 2_000

/** A slim line about the connection; nothing while it is there. */
export function ConnectionLine(): VNode | null {
  const { connected, announcer } = useStore()
  const text = useSignal('')
  const wasShown = useRef(false)
  const isConnected = connected.value

  useEffect(() => {
    const timers: ReturnType<typeof setTimeout>[] = []
    const later = (after: number, words: string): void => {
      timers.push(
        setTimeout(() => {
          wasShown.current = !isConnected
          text.value = words
          if (words) announcer.say(words)
        }, after),
      )
    }
    if (!isConnected) {
      later(QUIET, navigator.onLine ? 'Reconnecting…' : 'Offline. What you write is sent later.')
      later(PATIENT, 'Offline. What you write is sent later.')
    } else if (wasShown.current) {
      later(0, 'Back')
      later(BACK, '')
    }
    return () => timers.forEach(clearTimeout)
  }, [isConnected])

  if (!text.value) return null
  return <p class={`connection ${isConnected ? 'back' : ''}`}>{text.value}</p>
}
