import { describe, expect, it } from 'vitest'
import { CHROMIUM, type Visitor } from './testing/browser.ts'
import { world } from './testing/world.ts'

const at = world({
  log_level: 'warn',
  model: 'none',
  memory: { enabled: false },
  companions: [{ id: 'friend', plugin_id: 'friends', session_id_value: 'friend', keyword: 'Veda' }],
  plugins: { friends: { memory: ['own'], model: true, deliver: true, schedule: true } },
})

const log = ({ page }: Visitor) => page.getByRole('log')

describe.skipIf(!CHROMIUM)('what comes at its time', () => {
  it('a reminder asked for in words reaches every window of that person, and nobody else', async () => {
    const [asks, watches, app] = [await at.visit(), await at.visit(), await at.visit({ as: 'companion' })]
    const box = asks.page.getByRole('textbox')
    await box.fill('Remind me in 2 seconds to take the pizza out')
    await box.press('Enter')
    await log(asks)
      .getByText(/I will remind you on .+: take the pizza out/)
      .waitFor()
    for (const visitor of [asks, watches]) {
      await log(visitor).getByText('take the pizza out', { exact: true }).waitFor()
      await log(visitor).getByText('reminder you set today').waitFor()
    }
    expect(await log(app).getByText('pizza').count()).toBe(0)
  })

  it('good morning of the Friend is in its chat, with why it came, also for who opens the page later', async () => {
    await at.core.post(`/api/companions/friend/settings?user_id=${at.me}`, { good_morning: '08:00' })
    const path = `/api/companions/friend/nudges?user_id=${at.me}`
    await at.core.send('PATCH', path, { allowed: true, quiet_hours: '' })
    const [job] = (await at.core.get(`/api/jobs?user_id=${at.me}`)).body.jobs
    await at.core.post(`/api/jobs/${job.id}/run`, {})
    const later = await at.visit()
    await later.page.getByRole('link', { name: /^Veda/ }).click()
    await log(later).getByText('good morning, as you asked').waitFor()
    await later.page.getByRole('link', { name: 'Reminders' }).click()
    await later.page.getByRole('listitem', { name: /Veda: good morning/ }).waitFor()
    expect(later.faults).toEqual([])
  })
})
