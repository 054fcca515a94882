import type { StatusReport } from '#contract'
import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { usePage, useWords } from './context.ts'
import { AlertIcon, CheckIcon, ClockIcon } from './icons.tsx'
import { isThere } from './people.ts'
import { SYSTEM } from './turn.ts'
import type { Words } from './words/en.ts'

/** One thing that was looked at. `well` is undefined while that goes on. */
interface Check {
  readonly title: string
  readonly well: boolean | undefined
  readonly text: string
}

/** The first visit: what is there, and the way to the first message. Nothing in it has to be done. */
export default function WelcomePage(): VNode {
  const { store, router } = usePage()
  const words = useWords()
  const checks = useChecks(words)

  function begin(): void {
    const draft = store.drafts.of({ user: store.people.user.value, partner: SYSTEM }).text
    if (!draft.value.trim()) draft.value = words.firstMessage
    router.open(SYSTEM)
  }

  return (
    <div class="welcome">
      <img src="/favicon.svg" alt="" width="64" height="64" />
      <p>{words.welcomeMore}</p>
      <ul class="checks">
        {checks.map(({ title, well, text }) => (
          <li key={title} class={well ? 'well' : undefined}>
            {well === undefined ? <ClockIcon /> : well ? <CheckIcon /> : <AlertIcon />}
            <p>
              <strong>{title}</strong>
              {text}
            </p>
          </li>
        ))}
      </ul>
      <p class="actions">
        <button type="button" class="primary" onClick={begin}>
          {words.begin}
        </button>
        <button type="button" class="quiet" onClick={() => router.open(SYSTEM)}>
          {words.skip}
        </button>
      </p>
    </div>
  )
}

function useChecks(words: Words): Check[] {
  const { store } = usePage()
  const { people } = store
  const status = useSignal<StatusReport | 'asked' | 'failed'>('asked')
  useEffect(() => {
    store.status().then(
      (found) => (status.value = found),
      () => (status.value = 'failed'),
    )
  }, [])
  return [
    { title: words.checkModel, ...modelCheck(status.value, words) },
    { title: words.checkFriends, ...friendsCheck(people.companions.value, words) },
    { title: words.checkMemory, ...memoryCheck(status.value, words) },
  ]
}

type Seen = Omit<Check, 'title'>

function modelCheck(status: StatusReport | 'asked' | 'failed', words: Words): Seen {
  if (typeof status === 'string') return unseen(status, words)
  const { kind, name } = status.model
  return kind === 'builtin'
    ? { well: false, text: words.modelBuiltin }
    : { well: true, text: words.modelReady(name) }
}

function memoryCheck(status: StatusReport | 'asked' | 'failed', words: Words): Seen {
  if (typeof status === 'string') return unseen(status, words)
  return status.memory ? { well: true, text: words.memoryReady } : { well: false, text: words.memoryOff }
}

const unseen = (status: 'asked' | 'failed', words: Words): Seen =>
  status === 'asked' ? { well: undefined, text: words.checking } : { well: false, text: words.notChecked }

function friendsCheck(companions: readonly Parameters<typeof isThere>[0][], words: Words): Seen {
  if (companions.length === 0) return { well: true, text: words.friendsNone }
  const away = companions.filter((companion) => !isThere(companion))
  const names = (some: typeof companions): string => some.map(({ name }) => name).join(', ')
  return away.length > 0
    ? { well: false, text: words.friendsMissing(names(away)) }
    : { well: true, text: words.friendsReady(names(companions)) }
}
