import { describe, expect, it } from 'vitest'
import { CHROMIUM } from './testing/browser.ts'
import { world } from './testing/world.ts'

const at = world()

describe.skipIf(!CHROMIUM)('the reminders of a person', () => {
  it('show the next time and the last result, and are paused and deleted', async () => {
    const job = { user_id: at.me, kind: 'message', text: 'Take the pills', cron: '0 8 * * *' }
    const { body } = await at.core.post('/api/jobs', job)
    await at.core.post(`/api/jobs/${body.id}/run`, {})
    await at.core.post('/api/jobs', { kind: 'message', text: 'Of somebody else', cron: '0 8 * * *' })
    const { page, faults } = await at.visit()
    await page.getByRole('link', { name: 'Reminders' }).click()
    await page.getByRole('heading', { level: 1, name: 'Reminders' }).waitFor()
    const card = page.getByRole('listitem', { name: 'Take the pills' })
    await card.getByText(/: done$/).waitFor()
    expect(await page.getByText('Of somebody else').count()).toBe(0)
    await card.getByRole('button', { name: 'Pause' }).click()
    await card.getByText('paused').waitFor()
    const stateOf = async () => (await at.core.get(`/api/jobs/${body.id}`)).body.state
    await expect.poll(stateOf).toBe('paused')
    await card.getByRole('button', { name: 'Go on' }).click()
    await card.getByRole('button', { name: 'Pause' }).waitFor()
    await card.getByRole('button', { name: 'Delete' }).click()
    await page.getByText('Nothing is planned.').waitFor()
    expect((await at.core.get(`/api/jobs/${body.id}`)).status).toBe(404)
    expect(faults).toEqual([])
  })
})
