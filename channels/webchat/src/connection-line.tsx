import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useStore, useWords } from './context.ts'

/** Shorter breaks are nobody's business. */
const QUIET = 1_000
const PATIENT = 6_000
const BACK = 2_000

/** A slim line about the connection; nothing while it is there. */
export function ConnectionLine(): VNode | null {
  const { connected, announcer } = useStore()
  const words = useWords()
  const text = useSignal('')
  const wasShown = useRef(false)
  const isConnected = connected.value

  useEffect(() => {
    const timers: ReturnType<typeof setTimeout>[] = []
    const later = (after: number, line: string): void => {
      timers.push(
        setTimeout(() => {
          wasShown.current = !isConnected
          text.value = line
          if (line) announcer.say(line)
        }, after),
      )
    }
    if (!isConnected) {
      later(QUIET, navigator.onLine ? words.reconnecting : words.offline)
      later(PATIENT, words.offline)
    } else if (wasShown.current) {
      later(0, words.back)
      later(BACK, '')
    }
    return () => timers.forEach(clearTimeout)
  }, [isConnected])

  if (!text.value) return null
  return <p class={`connection ${isConnected ? 'back' : ''}`}>{text.value}</p>
}
