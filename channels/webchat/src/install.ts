import { type ReadonlySignal, signal } from '@preact/signals'

/** The page as an app of its own: what this browser can do about it. */
export interface Install {
  /** `insecure`: plain http takes it away. `menu`: only the browser's own menu can. */
  readonly state: ReadonlySignal<'insecure' | 'installed' | 'possible' | 'menu'>
  /** The browser asks the person. Only where it is `possible`. */
  ask(): Promise<void>
}

/** Chromium's event; other browsers do not have it. */
interface InstallPrompt extends Event {
  prompt(): Promise<unknown>
}

/** As far as the page needs it; the types of the DOM lack it. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(): string }): { createScriptURL(input: string): string }
}

const WORKER = '/sw.js'

export function createInstall(): Install {
  const isApp = matchMedia('(display-mode: standalone)').matches
  const state = signal<Install['state']['value']>(isApp ? 'installed' : isSecureContext ? 'menu' : 'insecure')
  let prompt: InstallPrompt | undefined
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault()
    prompt = event as InstallPrompt
    state.value = 'possible'
  })
  addEventListener('appinstalled', () => (state.value = 'installed'))
  return {
    state,
    async ask() {
      state.value = 'menu'
      await prompt?.prompt()
    },
  }
}

/** Keeps the page itself on the device, where the browser allows it, so that it starts without Core. */
export async function keepPage(): Promise<void> {
  if (isSecureContext && 'serviceWorker' in navigator) await navigator.serviceWorker.register(workerAddress())
}

/** The policy of the page wants a Trusted Type here: a rule that lets this one address through. */
function workerAddress(): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  return (
    trustedTypes?.createPolicy('worker', { createScriptURL: () => WORKER }).createScriptURL(WORKER) ?? WORKER
  )
}
