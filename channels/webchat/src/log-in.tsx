import type { Login } from '#contract'
import { useSignal } from '@preact/signals'
import type { TargetedSubmitEvent, VNode } from 'preact'
import type { RequestFailed } from './api.ts'
import { useStore, useWords } from './context.ts'
import { Markdown } from './markdown.tsx'
import type { Words } from './words/en.ts'

/** Asks people for their name and pass code, or the owner for the key. @param refused the link that opened the page carried a wrong key */
export function LogIn({ refused }: { refused: boolean }): VNode {
  const { start } = useStore()
  const words = useWords()
  const byKey = useSignal(refused)
  const problem = useSignal(refused ? words.linkKeyInvalid : '')
  const busy = useSignal(false)

  async function submit(event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    if (busy.value) return
    busy.value = true
    problem.value = ''
    const refusal = await start(loginOf(new FormData(event.currentTarget)))
    busy.value = false
    if (refusal) problem.value = byKey.value ? words.keyInvalid : codeProblem(refusal, words)
  }

  function change(): void {
    byKey.value = !byKey.value
    problem.value = ''
  }

  return (
    <main class="gate">
      <form class="card" onSubmit={submit}>
        <img src="/favicon.svg" alt="" width="48" height="48" />
        <h1>{words.welcomeHome}</h1>
        <div id="where">{byKey.value ? <Markdown text={words.whereKey} /> : <p>{words.askOwner}</p>}</div>
        {!byKey.value && (
          <>
            <label for="user">{words.userName}</label>
            <input id="user" name="user" autoComplete="username" autoCapitalize="off" required autoFocus />
          </>
        )}
        <label for="secret">{byKey.value ? words.ownerKey : words.passCode}</label>
        <input
          key={byKey.value ? 'key' : 'code'}
          id="secret"
          name={byKey.value ? 'key' : 'code'}
          type="password"
          autoComplete="current-password"
          aria-describedby={problem.value ? 'problem where' : 'where'}
          aria-invalid={problem.value ? 'true' : undefined}
          required
          autoFocus={byKey.value}
        />
        {problem.value && (
          <p id="problem" class="problem" role="alert">
            {problem.value}
          </p>
        )}
        <button type="submit" class="primary" disabled={busy.value}>
          {words.logIn}
        </button>
        <button type="button" class="quiet" onClick={change}>
          {byKey.value ? words.withCode : words.withKey}
        </button>
      </form>
    </main>
  )
}

function loginOf(form: FormData): Login {
  const text = (name: string): string => String(form.get(name) ?? '')
  return form.has('key') ? { key: text('key').trim() } : { user: text('user').trim(), code: text('code') }
}

/** Why a pass code was not taken, in the language of the person. */
export function codeProblem({ code, message, retryAfter }: RequestFailed, words: Words): string {
  if (code === 'code_wrong') return words.codeWrong
  if (retryAfter !== undefined) return words.tooManyTries(retryAfter)
  return message
}
