import { useSignal } from '@preact/signals'
import type { TargetedSubmitEvent, VNode } from 'preact'
import { useStore } from './context.ts'

/** Asks for the owner key and says where it is. @param refused the link that opened the page carried a wrong key */
export function LogIn({ refused }: { refused: boolean }): VNode {
  const { start } = useStore()
  const problem = useSignal(refused ? 'The key of this link is not valid. Is it from an older start?' : '')
  const busy = useSignal(false)

  async function submit(event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const key = String(new FormData(event.currentTarget).get('key') ?? '').trim()
    if (!key || busy.value) return
    busy.value = true
    problem.value = ''
    const isAccepted = await start(key)
    busy.value = false
    if (!isAccepted) problem.value = 'This key is not valid.'
  }

  return (
    <main class="gate">
      <form class="card" onSubmit={submit}>
        <img src="/favicon.svg" alt="" width="48" height="48" />
        <h1>Welcome home</h1>
        <p id="where">
          Core printed a link with the key when it started. You can open that link, or paste the key here. It
          is also in <code>database/owner.key</code>, or it is the <code>auth_api_key</code> of{' '}
          <code>config/core.yml</code>.
        </p>
        <label for="key">Owner key</label>
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
          Log in
        </button>
      </form>
    </main>
  )
}
