/** With the interface in Chinese, no page has a word of English left but names, and what others wrote. */
import { describe, expect, it } from 'vitest'
import type { PluginEntry } from '#contract'
import { CHROMIUM, type Visitor } from './testing/browser.ts'
import { world } from './testing/world.ts'

const at = world({
  log_level: 'warn',
  memory: { enabled: true, embedder: 'bundled' },
  companions: [
    { id: 'friend', plugin_id: 'friends', session_id_value: 'friend', keyword: 'Veda' },
    { id: 'coach', plugin_id: 'coach', session_id_value: 'coach', keyword: 'Maya' },
  ],
  plugins: {
    friends: { memory: ['own', 'users'], model: true, deliver: true, schedule: true },
    coach: { start: false },
    dice: {},
  },
})

/** Names of things, and of files and keys that are called so in any language. */
const NAMES =
  `HomeClaw|Core|Veda|Maya|Friends|Ollama|LM Studio|llama.cpp|iPhone|iPad|config/core.yml|docs/plugin-guide.md|
database/owner.key|auth_api_key|https|http`
    .split('|')
    .map((name) => name.trim())
/** All that is read or spoken on the page: texts, and names and hints in attributes. What says its own language is left out. */
const READ = `(() => {
  const found = [document.title]
  for (const element of document.querySelectorAll('body *')) {
    if (element.closest('[lang]') !== document.documentElement || element.matches('script, style, noscript, [aria-hidden]')) continue
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) found.push(element.getAttribute(name) ?? '')
    if (element.closest('.plugin-log')) continue
    for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) found.push(node.data)
  }
  return found
})()`

/** Languages by their own names. */
const LANGUAGES = ['English', 'Español', 'Français', 'Deutsch', 'Português', 'Italiano']

async function english({ page }: Visitor, others: readonly string[] = []): Promise<string[]> {
  const texts: string[] = await page.evaluate(READ)
  const names = [...NAMES, ...LANGUAGES, ...others].toSorted((a, b) => b.length - a.length)
  const rest = texts.map((text) => names.reduce((left, name) => left.replaceAll(name, ''), text))
  return rest.filter((text) => /\p{Script=Latin}{2,}/u.test(text))
}

describe.skipIf(!CHROMIUM)('in Chinese', () => {
  it.each([
    ['settings', '外观'],
    ['friends', '角色'],
    ['reminders', '下次'],
    ['memories', '搜索记忆'],
    ['data', '带走'],
    ['plugins', '能做'],
    ['welcome', '跳过'],
    ['chat/system', '自行车'],
    ['chat/friend', '打个招呼'],
  ])('the page %s has no other words', async (name, text) => {
    await at.core.post('/api/jobs', { user_id: at.me, kind: 'message', text: '吃药', cron: '0 8 * * *' })
    await at.core.post('/api/plugins/memory/add', { user_id: at.me, text: '钥匙在左边' })
    await at.say('我的自行车在棚子里', '好的，自行车在棚子里')
    const { plugins }: { plugins: PluginEntry[] } = (await at.core.get('/api/plugins')).body
    const others = plugins.flatMap((one) => [
      one.plugin_id,
      one.name,
      one.description,
      one.fault ?? '',
      ...one.capabilities.map((capability) => capability.name),
    ])
    const visitor = await at.visit({ locale: 'zh-CN' })
    const { page } = visitor
    await page.goto(`${at.core.url}/#/${name}`)
    await page.locator('main').last().getByText(text).first().waitFor()
    if (name === 'data') await page.getByRole('button', { name: '删除我的一切' }).click()
    if (name === 'plugins') await page.getByRole('button', { name: 'Friends的操作记录' }).click()
    if (name === 'memories') await page.getByRole('button', { name: /^编辑/ }).first().click()
    const guests = ['Alice', 'Bob', at.me.replace('guest', 'Guest '), at.me]
    await expect
      .poll(() =>
        english(visitor, [...others.filter(Boolean), ...guests, 'Guest', 'scripted', 'file', 'builtin']),
      )
      .toEqual([])
  })

  it('says why nothing was answered, also after a reload', async () => {
    at.model.script(() => ({ fail: 500 }))
    const { page, send } = await at.visit({ locale: 'zh-CN' })
    const why = '没有得到回答。语言模型没有回答。你的消息已保存，请稍后再发送'
    await send('你好')
    await expect.poll(() => page.locator('.failed').innerText()).toContain(why)
    await page.reload()
    await expect.poll(() => page.locator('.failed').innerText()).toContain(why)
    await page.goto(`${at.core.url}/#/memories`)
    await page.route('**/api/memories**', (route) =>
      route.fulfill({
        status: 507,
        contentType: 'application/problem+json',
        body: JSON.stringify({ code: 'storage_failed', detail: 'disk full' }),
      }),
    )
    await page.reload()
    await page.getByText('没有保存。请腾出空间或检查磁盘，然后再发送（disk full）').first().waitFor()
  })

  it('the gate has no other words', async () => {
    const visitor = await at.visit({ locale: 'zh-CN', link: at.core.url })
    await visitor.page.getByLabel('用户名').waitFor()
    expect(await english(visitor)).toEqual([])
    await visitor.page.getByRole('button', { name: '用主人密钥登录' }).click()
    expect(await english(visitor)).toEqual([])
  })
})
