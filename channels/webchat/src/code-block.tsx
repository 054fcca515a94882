import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { copyText } from './clipboard.ts'
import { useStore } from './context.ts'
import { CheckIcon, CopyIcon } from './icons.tsx'

const SHOWN = 2_000

export function CodeBlock({ code, language }: { code: string; language: string }): VNode {
  const { announcer } = useStore()
  const copied = useSignal(false)
  const name = language.split(/\s/)[0] ?? ''

  async function copy(): Promise<void> {
    await copyText(code)
    announcer.say('Copied')
    copied.value = true
    setTimeout(() => (copied.value = false), SHOWN)
  }

  return (
    <div class="code">
      <div class="code-head">
        <span>{name}</span>
        <button type="button" class="quiet" onClick={copy} aria-label={`Copy code${name && `, ${name}`}`}>
          {copied.value ? <CheckIcon /> : <CopyIcon />}
          {copied.value ? 'Copied' : 'Copy'}
        </button>
      </div>
      <pre tabIndex={0} role="group" aria-label={`Code${name && `, ${name}`}`}>
        <code>{code}</code>
      </pre>
    </div>
  )
}
