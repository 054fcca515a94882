/** The page, Core, the Friends plugin: all real, and each of them may die. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { friendsOf } from '../../scripts/prove/kill-friends.ts'
import { CHROMIUM, type Visitor } from './testing/browser.ts'
import { heldAnswer, linkOf, world } from './testing/world.ts'
import { until } from '../../core/testing/until.ts'

const CONFIG = {
  memory: { enabled: false },
  companions: [{ id: 'friend', plugin_id: 'friends', session_id_value: 'friend', keyword: 'Veda' }],
  plugins: { friends: { memory: ['own'], model: true } },
}
const at = world(CONFIG)

/** The last bubbles, when no answer is on its way any more. */
const says = ({ page, bubbles }: Visitor, ...texts: string[]): Promise<void> =>
  until(async () => {
    expect((await bubbles()).slice(-texts.length)).toEqual(texts)
    expect(await page.locator('[data-live]').count()).toBe(0)
  })
const presence = ({ page }: Visitor, text: string): Promise<void> =>
  page.locator('.subtitle').getByText(text, { exact: true }).waitFor()
const textsOf = (messages: { text: string }[]): string[] => messages.map(({ text }) => text)

describe.skipIf(!CHROMIUM)('a conversation', () => {
  it('with System and with the Friend: words as they come, and all of it again after a reload', async () => {
    expect(linkOf(at.core)).toContain(`${at.core.url}/#key=`)
    const visitor = await at.visit({ as: 'companion' })
    const { page, openChat, send, faults } = visitor
    for (const name of ['System', 'Veda']) {
      await openChat(name)
      const held = heldAnswer(at.model)
      await send(`Is this ${name}`)
      await held.asked
      held.say('This **is ')
      await page.locator('[data-live]').getByText('This **is').waitFor()
      held.say(`${name}**`)
      await page.locator('[data-live] strong', { hasText: name }).waitFor()
      held.end()
      await says(visitor, `Is this ${name}`, `This is ${name}`)
    }
    await page.reload()
    await says(visitor, 'Is this Veda', 'This is Veda')
    await openChat('System')
    await says(visitor, 'Is this System', 'This is System')
    expect(textsOf(await at.stored('system', 'companion'))).toContain('This **is System**')
    expect(textsOf(await at.stored('friend', 'companion'))).toContain('This **is Veda**')
    expect(faults).toEqual([])
  })

  it('that begins with the name of the Friend goes on in the chat of the Friend, from the first word', async () => {
    const visitor = await at.visit()
    const { page, openChat, send, bubbles } = visitor
    const held = heldAnswer(at.model)
    await send('Veda, how are you?')
    await held.asked
    held.say('I am ')
    await page.getByRole('heading', { level: 1, name: 'Veda' }).waitFor()
    await page.locator('[data-live]').getByText('I am').waitFor()
    held.say('well')
    held.end()
    await says(visitor, 'Veda, how are you?', 'I am well')
    await page.getByRole('link', { name: /System Nothing said yet/ }).waitFor()
    await openChat('System')
    await page.getByText('What can I do for you?').waitFor()
    expect(await bubbles()).toEqual([])
  })

  it('that begins so takes nobody away who writes on', async () => {
    const { page, send } = await at.visit()
    const held = heldAnswer(at.model)
    await send('Veda, how are you?')
    await held.asked
    await page.getByRole('textbox').fill('And System')
    held.say('I am well')
    held.end()
    await page.getByRole('link', { name: /Veda.*I am well/ }).waitFor()
    expect(await page.getByRole('textbox', { name: 'Write to System' }).inputValue()).toBe('And System')
    await page.getByText('What can I do for you?').waitFor()
  })

  it('gives Core the location and the files of the person', async () => {
    const geolocation = { latitude: 52.52, longitude: 13.405 }
    const visitor = await at.visit({ permissions: ['geolocation'], geolocation })
    const { page, send } = visitor
    await page.getByRole('button', { name: 'Share my location' }).click()
    await page.locator('[aria-pressed=true]').waitFor()
    const file = { name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('milk and bread') }
    await page.getByLabel('Files to attach').setInputFiles(file)
    await send('Look at this')
    await until(() =>
      expect(at.model.requests.at(-1)?.body.messages[0]?.content).toContain('52.52000,13.40500'),
    )
    const folder = join(at.core.home, 'workspace', at.me, 'files')
    expect(readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))).toEqual([
      'milk and bread',
    ])
  })
})

describe.skipIf(!CHROMIUM)('several people at once', () => {
  const people = [
    { as: 'alice', word: 'AARDVARK' },
    { as: 'bob', word: 'BUFFALO' },
    { as: 'companion', word: 'CORMORANT' },
  ]
  const wordsIn = async ({ page }: Visitor): Promise<string[]> => {
    const text = await page.evaluate<string>('document.documentElement.outerHTML + document.title')
    return people.map(({ word }) => word).filter((word) => text.includes(word))
  }

  it('never see a word of each other, whoever they are in the end', async () => {
    at.model.script(({ body }) => ({
      text: `You said: ${String(body.messages.at(-1)?.content)}`,
      chunks: 8,
      delay: 15,
    }))
    const visitors = await Promise.all(people.map(({ as }) => at.visit({ as })))
    const everybody = (act: (visitor: Visitor, word: string) => Promise<void>): Promise<unknown> =>
      Promise.all(visitors.map((visitor, index) => act(visitor, people[index]!.word)))
    for (const round of ['one', 'two']) {
      for (const name of ['System', 'Veda']) {
        await everybody(async (visitor, word) => {
          await visitor.openChat(name)
          await visitor.send(`${word} ${round} for ${name}`)
        })
        await everybody(async (visitor, word) => {
          await says(visitor, `${word} ${round} for ${name}`, `You said: ${word} ${round} for ${name}`)
          expect(await wordsIn(visitor)).toEqual([word])
        })
      }
    }
    for (const [name, word] of [
      ['Bob', 'BUFFALO'],
      ['System (default)', 'CORMORANT'],
      ['Alice', 'AARDVARK'],
    ]) {
      await visitors[0]!.pickIdentity(name!)
      await says(visitors[0]!, `You said: ${word} two for Veda`)
      expect(await wordsIn(visitors[0]!)).toEqual([word])
    }
  })
})

describe.skipIf(!CHROMIUM || process.platform !== 'linux')('the Friend', () => {
  it('killed while it answers is offline at once; Retry gets the answer when it is back, and all is stored once', async () => {
    const visitor = await at.visit({ as: 'companion' })
    const { page, openChat, send } = visitor
    await openChat('Veda')
    await presence(visitor, 'online')
    const held = heldAnswer(at.model)
    await send('Do you hear me?')
    await held.asked
    held.say('I h')
    await page.getByText('I h', { exact: true }).waitFor()
    at.model.script(() => 'I hear you')
    const gone = presence(visitor, 'offline now')
    process.kill(friendsOf(at.core), 'SIGKILL')
    await gone
    await page.locator('.notice').getByText('Friends is offline now.').waitFor()
    await presence(visitor, 'online')
    await page.getByRole('button', { name: 'Retry' }).click()
    await says(visitor, 'Do you hear me?', 'I hear you')
    await page.reload()
    await says(visitor, 'Do you hear me?', 'I hear you')
    const stored = textsOf(await at.stored('friend', 'companion'))
    expect(stored.filter((text) => text === 'Do you hear me?')).toHaveLength(1)
    expect(stored.filter((text) => text === 'I hear you')).toHaveLength(1)
  })

  it('switched off says so live, and what is written meanwhile is kept, once', async () => {
    const nobody = await at.visit({ as: 'companion' })
    await nobody.openChat('Veda')
    await nobody.send('Words of before')
    await says(nobody, 'You said: Words of before')
    const somebody = await at.visit()
    await somebody.openChat('Veda')
    at.configure({ ...CONFIG, plugins: { friends: { ...CONFIG.plugins.friends, enabled: false } } })
    await presence(somebody, 'offline now')
    await somebody.page.getByRole('link', { name: /Veda offline now/ }).waitFor()
    await somebody.send('Are you there?')
    await somebody.page.locator('.notice').getByText('Friends is offline now.').waitFor()
    await nobody.page.reload()
    await nobody.page.getByText('What was said before cannot be shown now.').waitFor()

    at.configure(CONFIG)
    await presence(somebody, 'online')
    await says(nobody, 'Words of before', 'You said: Words of before')
    expect(await nobody.page.getByText('cannot be shown now').count()).toBe(0)
    await somebody.page.reload()
    await somebody.page.getByRole('button', { name: 'Retry' }).click()
    await says(somebody, 'Are you there?', 'You said: Are you there?')
    expect(textsOf(await at.stored('friend'))).toEqual(['Are you there?', 'You said: Are you there?'])
  })
})

describe.skipIf(!CHROMIUM)('a message that was not answered', () => {
  it('is retried from another browser where Core keeps the chat', async () => {
    at.model.script(() => ({ fail: 500 }))
    const visitor = await at.visit()
    await visitor.send('Hello')
    await visitor.page.getByText('Not answered. The language model did not answer').first().waitFor()
    at.model.script(() => 'Here again')
    const other = await at.visit()
    await other.page.getByRole('button', { name: 'Retry' }).click()
    await says(other, 'Hello', 'Here again')
    await visitor.page.reload()
    await says(visitor, 'Hello', 'Here again')
    expect(await visitor.page.getByText('Not answered').count()).toBe(0)
    expect(textsOf(await at.stored('system'))).toEqual(['Hello', 'Here again'])
  })

  it('is said anew from another browser where the plugin keeps the chat', async () => {
    at.model.script(() => ({ fail: 500 }))
    const visitor = await at.visit({ as: 'companion' })
    await visitor.openChat('Veda')
    await visitor.send('Lost words')
    await visitor.page.getByText('Not answered.').first().waitFor()
    const other = await at.visit({ as: 'companion' })
    await other.openChat('Veda')
    await other.page.getByText('Not answered.').waitFor()
    expect(await other.page.getByRole('button', { name: 'Retry' }).count()).toBe(0)
    await other.page.getByRole('button', { name: 'Edit' }).click()
    expect(await other.page.getByRole('textbox').inputValue()).toBe('Lost words')
    at.model.script(() => 'Found')
    await visitor.page.reload()
    await visitor.page.getByRole('button', { name: 'Retry' }).click()
    await says(visitor, 'Lost words', 'Found')
    expect(
      textsOf(await at.stored('friend', 'companion')).filter((text) => text === 'Lost words'),
    ).toHaveLength(1)
  })
})

describe.skipIf(!CHROMIUM)('Core', () => {
  it('killed during an answer and started again: one message, one answer', async () => {
    const visitor = await at.visit()
    const { page, send, sent } = visitor
    const held = heldAnswer(at.model)
    await send('Tell me')
    await held.asked
    held.say('Half a w')
    await page.getByText('Half a w').waitFor()
    await at.kill()
    at.model.script(() => 'A whole word')
    await page.locator('.connection').waitFor()
    await at.start()
    await says(visitor, 'Tell me', 'A whole word')
    await page.locator('.connection').waitFor({ state: 'detached' })
    expect(sent[1]).toEqual(sent[0])
    expect(textsOf(await at.stored('system'))).toEqual(['Tell me', 'A whole word'])
  })
})
