import { useSignal } from '@preact/signals'
import type { TargetedSubmitEvent, VNode } from 'preact'
import { useStore, useWords } from './context.ts'
import { Markdown } from './markdown.tsx'

/** Asks for the owner key and says where it is. @param refused the link that opened the page carried a wrong key */
export function LogIn({ refused }: { refused: boolean }): VNode {
  const { start } = useStore()
  const words = useWords()
  const problem = useSignal(refused ? words.linkKeyInvalid : '')
  const busy = useSignal(false)

  async function submit(event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const key = String(new FormData(event.currentTarget).get('key') ?? '').trim()
    if (!key || busy.value) return
    busy.value = true
    problem.value = ''
    const isAccepted = await start(key)
    busy.value = false
    if (!isAccepted) problem.value = words.keyInvalid
  }

  return (
    <main class="gate">
      <form class="card" onSubmit={submit}>
        <img src="/favicon.svg" alt="" width="48" height="48" />
        <h1>{words.welcomeHome}</h1>
        <div id="where">
          <Markdown text={words.whereKey} />
        </div>
        <label for="key">{words.ownerKey}</label>
        <input
          id="key"
          name="key"
          type="password"
          autoComplete="current-password"
          aria-describedby={problem.value ? 'problem where' : 'where'}
          aria-invalid={problem.value ? 'true' : undefined}
          required
          autoFocus
        />
        {problem.value && (
          <p id="problem" class="problem" role="alert">
            {problem.value}
          </p>
        )}
        <button type="submit" class="primary" disabled={busy.value}>
          {words.logIn}
        </button>
      </form>
    </main>
  )
}
