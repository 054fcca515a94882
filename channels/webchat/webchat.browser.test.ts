import { describe, expect, it } from 'vitest'
import { CHROMIUM, listen } from './testing/browser.ts'
import { heldAnswer, world } from './testing/world.ts'
import { until } from '../../core/testing/until.ts'

const at = world()

describe.skipIf(!CHROMIUM)('logging in', () => {
  it('takes the key out of the link and keeps it out of reach of scripts', async () => {
    const { page } = await at.visit()
    await page.getByRole('heading', { name: 'System', level: 1 }).waitFor()
    expect(page.url()).not.toContain('key')
    expect(await page.evaluate('document.cookie + JSON.stringify(localStorage)')).not.toContain(at.core.key)
    await page.goBack()
    expect(page.url()).not.toContain('key')
  })

  it('keeps this browser logged in', async () => {
    const { page } = await at.visit()
    await page.getByRole('textbox').waitFor()
    await page.reload()
    await page.getByRole('textbox', { name: 'Write to System' }).waitFor()
    expect(await page.getByLabel('Owner key').count()).toBe(0)
  })

  it('asks calmly for the key, says where it is and when it is wrong', async () => {
    const { page } = await at.visit({ link: at.core.url })
    await page.getByRole('button', { name: 'Use the owner key' }).click()
    await page.getByText('database/owner.key').waitFor()
    await page.getByLabel('Owner key').fill('not it')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByText('This key is not valid.').waitFor()
    await page.getByLabel('Owner key').fill(at.core.key)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('textbox', { name: 'Write to System' }).waitFor()
    expect(page.url()).not.toContain(at.core.key)
  })

  it('says so when the key of a link is not valid any more', async () => {
    const { page } = await at.visit({ link: `${at.core.url}/#key=old` })
    await page.getByText('The key of this link is not valid').waitFor()
    expect(page.url()).not.toContain('old')
  })
})

describe.skipIf(!CHROMIUM)('a conversation', () => {
  it('shows the own message at once, then that an answer is on its way, and the answer in the list too', async () => {
    const held = heldAnswer(at.model)
    const { page, send, bubbles, sent } = await at.visit()
    await send('Hello')
    await page.getByText('Hello', { exact: true }).first().waitFor()
    await held.asked
    await page.locator('.typing').waitFor()
    held.say('Good **morning**')
    held.end()
    await until(async () => expect(await bubbles()).toEqual(['Hello', 'Good morning']))
    expect(sent).toMatchObject([{ user_id: at.me, text: 'Hello', channel_name: 'webchat', stream: true }])
    expect(sent[0]).not.toHaveProperty('session_id')
    await page.getByRole('link', { name: /System.*Good morning/ }).waitFor()
  })

  it('shows own text as it was typed, Shift+Enter being a new line', async () => {
    const { page, bubbles, sent } = await at.visit()
    const box = page.getByRole('textbox')
    await box.pressSequentially('**a** <b>')
    await box.press('Shift+Enter')
    await box.pressSequentially('c')
    await box.press('Enter')
    await until(async () => expect((await bubbles())[0]).toBe('**a** <b>\nc'))
    await until(() => expect(sent.map(({ text }) => text)).toEqual(['**a** <b>\nc']))
  })

  it('never sends while an input method composes', async () => {
    const { page, sent } = await at.visit()
    const box = page.getByRole('textbox')
    await box.fill('にほん')
    const enter = (fields: string): Promise<unknown> =>
      page.evaluate(`document.getElementById('composer').dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ${fields} }))`)
    await enter('isComposing: true')
    await enter('keyCode: 229')
    expect(await box.inputValue()).toBe('にほん')
    await box.press('Enter')
    await until(() => expect(sent.map(({ text }) => text)).toEqual(['にほん']))
  })
})

describe.skipIf(!CHROMIUM)('identities', () => {
  it('switched during an answer leave it in the chat it belongs to', async () => {
    const held = heldAnswer(at.model)
    const { page, send, pickIdentity, bubbles } = await at.visit()
    await pickIdentity('Alice')
    await send('a secret')
    await held.asked
    held.say('Only for ')
    await page.getByText('Only for').waitFor()
    await pickIdentity('Bob')
    const said = await listen(page)
    held.say('Alice')
    held.end()
    await until(async () => expect(await at.stored('system', 'alice')).toHaveLength(2))
    at.model.script(() => 'Hello Bob')
    await send('and I')
    await until(async () => expect(await bubbles()).toEqual(['and I', 'Hello Bob']))
    expect(await page.content()).not.toContain('Only for')
    await until(async () => expect(await said()).toContain('Hello Bob'))
    expect((await said()).join()).not.toContain('Only for')
    await pickIdentity('Alice')
    await until(async () => expect(await bubbles()).toEqual(['a secret', 'Only for Alice']))
  })

  it('are remembered, and a draft belongs to one identity and one chat', async () => {
    const { page, pickIdentity, openChat } = await at.visit()
    const box = page.getByRole('textbox')
    await pickIdentity('Alice')
    await box.fill('draft of Alice')
    await openChat('Veda')
    expect(await box.inputValue()).toBe('')
    await page.getByRole('link', { name: /System.*Draft: draft of Alice/ }).waitFor()
    await pickIdentity('Bob')
    await openChat('System')
    expect(await box.inputValue()).toBe('')
    await pickIdentity('Alice')
    expect(await box.inputValue()).toBe('draft of Alice')
    await page.reload()
    await until(async () => expect(await box.inputValue()).toBe('draft of Alice'))
    expect(await page.getByLabel('Who am I').inputValue()).toBe('alice')
  })
})
