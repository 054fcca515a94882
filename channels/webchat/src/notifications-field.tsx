import type { VNode } from 'preact'
import { useStore, useWords } from './context.ts'

/** Whether this device shows notifications, and why not. */
export function NotificationsField(): VNode {
  const { notifications } = useStore()
  const words = useWords()
  const missing = notifications.missing.value
  const why = {
    insecure: words.notificationsInsecure,
    unable: words.notificationsUnable,
    refused: words.notificationsRefused,
    failed: words.notificationsFailed,
  }
  return (
    <div class="field">
      <label class="switch">
        <input
          type="checkbox"
          role="switch"
          checked={notifications.on.value}
          disabled={missing === 'insecure'}
          onChange={({ currentTarget }) => {
            const wanted = currentTarget.checked
            currentTarget.checked = notifications.on.value
            void notifications.turn(wanted)
          }}
        />
        <span>{words.notifications}</span>
      </label>
      <p class="muted">{words.notificationsHint}</p>
      {missing && (
        <p class="hint" role="status">
          {why[missing]}
        </p>
      )}
    </div>
  )
}
