import { describe, expect, it } from 'vitest'
import { CHROMIUM, type Visitor } from './testing/browser.ts'
import { world } from './testing/world.ts'
import { until } from '../../core/testing/until.ts'

const at = world()
let n = 0

async function deliver(user_id: string, text: string): Promise<void> {
  const message = {
    user_id,
    companion: 'system',
    text,
    reason: 'reminder you set on Monday',
    dedupe_key: `${++n}`,
  }
  expect((await at.core.post('/api/plugins/deliver', message)).status).toBe(200)
}

const unreadOf = async (user: string): Promise<number> =>
  (await at.core.get(`/api/inbox?user_id=${user}`)).body.unread
const shows = ({ bubbles }: Visitor, text: string) =>
  until(async () => expect((await bubbles()).filter((bubble) => bubble === text)).toHaveLength(1))

async function open(as: string): Promise<Visitor> {
  const visitor = await at.visit({ as })
  await visitor.page.getByRole('textbox').waitFor()
  return visitor
}

describe.skipIf(!CHROMIUM)('what nobody asked for', () => {
  it('appears in its chat in every browser of the person, with its reason, and in nobody else’s', async () => {
    const [phone, desktop, other] = [await open('companion'), await open('companion'), await open(at.me)]
    await deliver('companion', 'The oven is hot')
    await Promise.all([shows(phone, 'The oven is hot'), shows(desktop, 'The oven is hot')])
    await phone.page.getByText('reminder you set on Monday').waitFor()
    await until(async () => expect(await unreadOf('companion')).toBe(0))
    expect(await other.page.content()).not.toContain('The oven is hot')
    for (const { faults } of [phone, desktop, other]) expect(faults).toEqual([])
  })

  it('is there once in a browser that was closed when it came', async () => {
    const desktop = await open(at.me)
    await desktop.close()
    await deliver(at.me, 'You were away')
    expect(await unreadOf(at.me)).toBe(1)
    const later = await open(at.me)
    await shows(later, 'You were away')
    await later.page.getByText('reminder you set on Monday').waitFor()
    await until(async () => expect(await unreadOf(at.me)).toBe(0))
    await later.page.reload()
    await shows(later, 'You were away')
  })

  it('comes after a power cut, once', async () => {
    const desktop = await open(at.me)
    await deliver(at.me, 'Before the cut')
    await shows(desktop, 'Before the cut')
    await at.kill()
    await at.start()
    await deliver(at.me, 'After the cut')
    await until(async () => expect(await desktop.bubbles()).toEqual(['Before the cut', 'After the cut']))
  })
})
