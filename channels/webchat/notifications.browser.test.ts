/** Notifications on this device: turned on by the person, shown by the service worker, leading to their chat. */
import axe from 'axe-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPushService, type TestDevice, type TestPushService } from '../../core/testing/push-service.ts'
import { CHROMIUM, type Visitor } from './testing/browser.ts'
import { linkOf, world } from './testing/world.ts'
import { until } from '../../core/testing/until.ts'

const at = world({
  allowed_hosts: ['home.test'],
  log_level: 'warn',
  plugin_hosts: ['127.0.0.1'],
  memory: { enabled: false },
  companions: [{ id: 'friend', plugin_id: 'friends', session_id_value: 'friend', keyword: 'Veda' }],
  plugins: { friends: { start: false } },
})
/** Core may take the page for open a moment longer: then it waits a minute for it. */
const PATIENCE = 65_000
let service: TestPushService

beforeAll(async () => {
  service = await startPushService()
})
afterAll(() => service.close())

/** The push service of this browser is a local one: without a network, Chromium cannot subscribe to its own. */
async function subscribeAt({ subscription }: TestDevice, { page }: Visitor): Promise<void> {
  await page.evaluate(`{
    const subscription = { toJSON: () => (${JSON.stringify(subscription)}), unsubscribe: async () => true }
    PushManager.prototype.subscribe = async function ({ applicationServerKey }) {
      window.subscribedWith = applicationServerKey
      PushManager.prototype.getSubscription = async () => subscription
      return subscription
    }
  }`)
}

/** Hands a push to the service worker, as the browser does when one comes. */
async function pushTo({ page }: Visitor, data: string): Promise<void> {
  const devtools = await page.context().newCDPSession(page)
  const found = new Promise<string>((resolve) =>
    devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      if (registrations[0]) resolve(registrations[0].registrationId)
    }),
  )
  await devtools.send('ServiceWorker.enable')
  const push = { origin: at.core.url, registrationId: await found, data }
  await devtools.send('ServiceWorker.deliverPushMessage', push)
  await devtools.detach()
}

const shown = ({ page }: Visitor): Promise<{ title: string; body: string; tag: string }[]> =>
  page.evaluate(`navigator.serviceWorker.ready.then((all) => all.getNotifications()).then((all) =>
    all.map(({ title, body, tag }) => ({ title, body, tag })))`)

const deliver = async (text: string): Promise<string> =>
  (await at.core.post('/api/plugins/deliver', { user_id: at.me, companion: 'friend', text })).body.id

describe.skipIf(!CHROMIUM)('notifications', () => {
  it('are turned on here, come when the page is closed, and lead to the chat', async () => {
    const device = service.device()
    const visitor = await at.visit({ permissions: ['notifications'] })
    const { page, faults } = visitor
    await subscribeAt(device, visitor)
    await page.getByRole('link', { name: 'Settings' }).click()
    const wanted = page.getByRole('switch', { name: 'Notifications on this device' })
    await wanted.click()
    await until(async () => expect(await wanted.isChecked()).toBe(true))
    const { public_key } = (await at.core.get('/api/push/key')).body
    expect(await page.evaluate('subscribedWith')).toBe(public_key)
    await page.goto('about:blank')
    const id = await deliver('A walk this afternoon?')
    await until(() => expect(device.received).toHaveLength(1), { patience: PATIENCE })
    const note = device.received[0]?.note
    expect(note).toMatchObject({
      id,
      title: 'Veda',
      text: 'A walk this afternoon?',
      user_id: at.me,
      unread: 1,
    })
    await page.goto(`${at.core.url}/#/chat/system`)
    await page.getByRole('textbox', { name: 'Write to System' }).waitFor()
    await pushTo(visitor, JSON.stringify(note))
    await pushTo(visitor, JSON.stringify(note))
    await until(async () =>
      expect(await shown(visitor)).toEqual([{ title: 'Veda', body: 'A walk this afternoon?', tag: id }]),
    )
    const [worker] = page.context().serviceWorkers()
    await worker?.evaluate(`registration.getNotifications().then(([notification]) =>
      dispatchEvent(new NotificationEvent('notificationclick', { notification })))`)
    await page.getByRole('heading', { level: 1, name: 'Veda' }).waitFor()
    await page.getByText('A walk this afternoon?').last().waitFor()
    await until(async () => expect(await shown(visitor)).toEqual([]))
    expect(faults).toEqual([])
  }, 90_000)

  it('are turned off again, for Core too', async () => {
    const device = service.device()
    const visitor = await at.visit({ permissions: ['notifications'] })
    const { page } = visitor
    await subscribeAt(device, visitor)
    await page.getByRole('link', { name: 'Settings' }).click()
    const wanted = page.getByRole('switch', { name: 'Notifications on this device' })
    await wanted.click()
    await until(async () => expect(await wanted.isChecked()).toBe(true))
    await wanted.click()
    await until(async () => expect(await wanted.isChecked()).toBe(false))
    const { endpoint } = device.subscription
    const ended = await at.core.send('DELETE', '/api/push/subscriptions', { user_id: at.me, endpoint })
    expect(ended.body).toEqual({ removed: false })
  })

  it('leave out the chats that the person does not want to hear of', async () => {
    const visitor = await at.visit({ permissions: ['notifications'], bypassCSP: true })
    const { page } = visitor
    await subscribeAt(service.device(), visitor)
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByRole('switch', { name: 'Notifications on this device' }).click()
    await page.getByRole('checkbox', { name: 'Veda' }).click()
    const muted = async () => (await at.core.get(`/api/push/chats?user_id=${at.me}`)).body.muted
    await until(async () => expect(await muted()).toEqual(['friend']))
    expect(await page.getByRole('checkbox', { name: 'System' }).isChecked()).toBe(true)
    await page.addScriptTag({ content: axe.source })
    expect(await page.evaluate('axe.run().then(({ violations }) => violations.map(({ id }) => id))')).toEqual(
      [],
    )
  })

  it('say when the person or the browser does not allow them', async () => {
    const { page } = await at.visit({ permissions: [] })
    await page.getByRole('link', { name: 'Settings' }).click()
    const wanted = page.getByRole('switch', { name: 'Notifications on this device' })
    await wanted.click()
    await page.getByText('This browser does not allow notifications here.').waitFor()
    expect(await wanted.isChecked()).toBe(false)
  })

  it('say that plain http takes them away', async () => {
    const { page } = await at.visit({ link: linkOf(at.core).replace('127.0.0.1', 'home.test') })
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByText('Browsers show notifications only over https').waitFor()
    expect(await page.getByRole('switch', { name: 'Notifications on this device' }).isDisabled()).toBe(true)
  })
})
