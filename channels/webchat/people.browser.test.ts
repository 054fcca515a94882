/** People log in with their pass code, and are themselves only. */
import axe from 'axe-core'
import { beforeEach, describe, expect, it } from 'vitest'
import { CHROMIUM, type Visitor } from './testing/browser.ts'
import { heldAnswer, linkOf, world } from './testing/world.ts'
import { until } from '../../core/testing/until.ts'

const at = world()
const CODE = 'open sesame'

async function violations({ page }: Visitor): Promise<string[]> {
  await page.addScriptTag({ content: axe.source })
  return page.evaluate(`axe.run({ resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ' ' + nodes.map(({ html, failureSummary }) => html + failureSummary).join()))`)
}

/** The page at its gate, on a browser where the owner was Alice before. */
async function atTheGate(): Promise<Visitor & { readonly refused: string[] }> {
  const visitor = await at.visit({ as: 'alice', link: at.core.url, bypassCSP: true })
  const refused: string[] = []
  visitor.page.on('response', (answer) => {
    if (answer.status() === 403) refused.push(answer.url())
  })
  return { ...visitor, refused }
}

async function logIn({ page }: Visitor, code: string): Promise<void> {
  await page.getByLabel('User name').fill(at.me)
  await page.getByLabel('Pass code').fill(code)
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
}

describe.skipIf(!CHROMIUM)('a person with a pass code', () => {
  beforeEach(async () => {
    await at.core.send('PUT', `/api/config/users/${at.me}/code`, { code: CODE })
  })

  it('sees and writes only their own chats, and is refused nothing on the way', async () => {
    await at.core.inbound({ user_id: 'alice', channel_name: 'webchat', text: 'of alice' })
    await at.say('mine from before', 'noted')
    const visitor = await atTheGate()
    const { page, faults, refused, send, bubbles } = visitor
    await logIn(visitor, CODE)
    await page.getByText('mine from before').first().waitFor()
    await send('hello')
    await until(async () => expect(await bubbles()).toContain('You said: hello'))
    expect((await at.stored('system')).map(({ text }) => text)).toContain('hello')
    expect(await page.getByText('of alice').count()).toBe(0)
    expect(await page.getByLabel('Who am I').count()).toBe(0)
    for (const name of ['reminders', 'welcome', 'settings']) {
      await page.goto(`${at.core.url}/#/${name}`)
      await page.locator('.page h1').waitFor()
    }
    await page.getByRole('button', { name: 'Log out everywhere' }).waitFor()
    expect(await violations(visitor)).toEqual([])
    expect(refused).toEqual([])
    expect(faults).toEqual([])
  })

  it("finds no page of the owner's", async () => {
    const visitor = await atTheGate()
    const { page } = visitor
    await logIn(visitor, CODE)
    await page.getByRole('textbox', { name: /Write/ }).waitFor()
    expect(await page.getByRole('link', { name: 'Plugins' }).count()).toBe(0)
    await page.goto(`${at.core.url}/#/plugins`)
    await page.getByRole('textbox', { name: /Write/ }).waitFor()
    expect(await page.getByRole('heading', { level: 1, name: 'Plugins' }).count()).toBe(0)
  })

  it('is told of a wrong code and of the waiting, and stays outside', async () => {
    const visitor = await atTheGate()
    const { page } = visitor
    await logIn(visitor, 'guess')
    await page.getByText('The user or the pass code is not right.').waitFor()
    expect(await violations(visitor)).toEqual([])
    for (let tries = 0; tries < 6; tries++) await at.core.post('/api/session', { user: at.me, code: 'guess' })
    await logIn(visitor, CODE)
    await page.getByText(/Too many tries\. Wait [1-9]\d* s/).waitFor()
    expect(await page.getByRole('textbox', { name: /Write/ }).count()).toBe(0)
  })

  it('finds nothing of what somebody else wrote at this browser, and leaves nothing behind', async () => {
    const stored = ({ page }: Visitor): Promise<string> => page.evaluate('JSON.stringify(localStorage)')
    const visitor = await at.visit({ as: 'companion', bypassCSP: true })
    const { page, sent } = visitor
    const box = page.getByRole('textbox', { name: /Write/ })
    const held = heldAnswer(at.model)
    await box.fill('a question of the owner')
    await box.press('Enter')
    await held.asked
    await box.fill('another draft of the owner')
    await until(async () => expect(await stored(visitor)).toContain('another draft'))
    expect(await stored(visitor)).toContain('a question of the owner')
    await page.context().clearCookies()
    await page.goto(`${at.core.url}/?`)
    await logIn(visitor, CODE)
    await box.waitFor()
    expect(await box.inputValue()).toBe('')
    expect(await page.getByText('of the owner').count()).toBe(0)
    const before = sent.length
    await box.fill('a draft of mine')
    await until(async () => expect(await stored(visitor)).toContain('a draft of mine'))
    expect(sent).toHaveLength(before)

    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByRole('button', { name: 'Log out', exact: true }).click()
    await page.getByText('Written and not sent: 1.').waitFor()
    expect(await violations(visitor)).toEqual([])
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Log out', exact: true }).click()
    await page.getByRole('button', { name: 'Log out and delete it' }).click()
    await page.getByLabel('User name').waitFor()
    expect(await stored(visitor)).not.toContain('of mine')
    expect(await stored(visitor)).toContain('another draft of the owner')
    await page.goto('about:blank')
    await page.goto(linkOf(at.core))
    await box.waitFor()
    expect(await box.inputValue()).toBe('another draft of the owner')
    held.end()
  })

  it('who logs in where another one was does so on a page of their own, in every tab', async () => {
    const visitor = await at.visit({ as: 'companion' })
    const { page } = visitor
    const other = await page.context().newPage()
    await other.goto(at.core.url)
    await other.getByRole('textbox', { name: /Write/ }).fill('words of the owner')
    await page.request.delete(`${at.core.url}/api/session`)
    await page.request.post(`${at.core.url}/api/session`, { data: { user: at.me, code: CODE } })
    for (const tab of [page, other]) {
      await tab.getByText(at.me.replace('guest', 'Guest ')).first().waitFor()
      expect(await tab.getByRole('textbox', { name: /Write/ }).inputValue()).toBe('')
      expect(await tab.getByLabel('Who am I').count()).toBe(0)
    }
  })

  it('changes the code, logs out, and comes in with the new one only', async () => {
    const visitor = await atTheGate()
    const { page } = visitor
    await logIn(visitor, CODE)
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByLabel('Present pass code').fill(CODE)
    await page.getByLabel('New pass code').fill('another code')
    await page.getByRole('button', { name: 'Change my pass code' }).click()
    await page.getByText('The pass code is changed.').waitFor()
    await page.getByRole('button', { name: 'Log out', exact: true }).click()
    await page.getByLabel('User name').waitFor()
    await page.reload()
    await logIn(visitor, CODE)
    await page.getByText('The user or the pass code is not right.').waitFor()
    await logIn(visitor, 'another code')
    await page.getByRole('textbox', { name: /Write/ }).waitFor()
    expect((await page.request.get(`${at.core.url}/api/session`)).status()).toBe(200)
  })

  it('logs out everywhere, and nobody else with it', async () => {
    const here = await atTheGate()
    const there = await atTheGate()
    const owner = await at.visit()
    for (const one of [here, there]) {
      await logIn(one, CODE)
      await one.page.getByRole('textbox', { name: /Write/ }).waitFor()
    }
    await here.page.getByRole('link', { name: 'Settings' }).click()
    await here.page.getByRole('button', { name: 'Log out everywhere' }).click()
    for (const { page } of [here, there]) {
      await page.getByLabel('User name').waitFor()
      expect((await page.request.get(`${at.core.url}/api/chats?user_id=${at.me}`)).status()).toBe(401)
    }
    expect((await owner.page.request.get(`${at.core.url}/api/session`)).status()).toBe(200)
    await owner.page.getByRole('textbox', { name: /Write/ }).waitFor()
  })
})

it.skipIf(!CHROMIUM)('the owner gives a person a pass code and takes it away', async () => {
  const visitor = await at.visit({ bypassCSP: true })
  const { page } = visitor
  const isSet = async (): Promise<boolean> => (await at.core.get(`/api/config/users/${at.me}/code`)).body.set
  await page.getByRole('link', { name: 'Settings' }).click()
  const name = at.me.replace('guest', 'Guest ')
  await page.getByLabel(`Pass code of ${name}`, { exact: true }).fill(CODE)
  await page.getByRole('button', { name: `Save: ${name}`, exact: true }).click()
  await page.getByRole('button', { name: `Remove the code: ${name}`, exact: true }).waitFor()
  expect(await isSet()).toBe(true)
  expect(await violations(visitor)).toEqual([])
  await page.getByRole('button', { name: `Remove the code: ${name}`, exact: true }).click()
  await until(async () => expect(await isSet()).toBe(false))
})
