import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { copyText } from './clipboard.ts'
import { useStore, useWords } from './context.ts'
import { CheckIcon, CopyIcon } from './icons.tsx'

const SHOWN = 2_000

export function CodeBlock({ code, language }: { code: string; language: string }): VNode {
  const { announcer } = useStore()
  const words = useWords()
  const copied = useSignal(false)
  const name = language.split(/\s/)[0] ?? ''

  async function copy(): Promise<void> {
    await copyText(code)
    announcer.say(words.copied)
    copied.value = true
    setTimeout(() => (copied.value = false), SHOWN)
  }

  return (
    <div class="code">
      <div class="code-head">
        <span>{name}</span>
        <button type="button" class="quiet" onClick={copy} aria-label={words.copyCode(name)}>
          {copied.value ? <CheckIcon /> : <CopyIcon />}
          {copied.value ? words.copied : words.copy}
        </button>
      </div>
      <pre tabIndex={0} role="group" aria-label={words.code(name)}>
        <code>{code}</code>
      </pre>
    </div>
  )
}
