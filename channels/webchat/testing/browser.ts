import { existsSync } from 'node:fs'
import type { InboundMessage } from '#contract'
import { type Browser, type BrowserContextOptions, type Page, chromium } from 'playwright-core'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:/Program Files/Google/Chrome/Application/chrome.exe',
]

/** The Chromium of this machine; undefined when there is none. */
export const CHROMIUM = PLACES.find((place) => existsSync(place))

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM ?? '',
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--host-resolver-rules=MAP *.test 127.0.0.1'],
  })

/** One person at one browser: the page, and everything that must not happen on it. */
export interface Visitor {
  readonly page: Page
  /** What the policy refused, dialogs, errors of the page, and requests to anywhere but Core. */
  readonly faults: string[]
  /** The messages that went over its socket, repeats included. */
  readonly sent: Sent[]
  openChat(name: string): Promise<void>
  /** Types and presses Enter. */
  send(text: string): Promise<void>
  /** The texts of the bubbles, top to bottom. */
  bubbles(): Promise<string[]>
  pickIdentity(name: string): Promise<void>
  close(): Promise<void>
}

type Sent = Partial<InboundMessage> & { readonly id: string }

interface Visit {
  /** With `#key=`: logs in. */
  readonly link: string
  /** The user that this browser has picked; `companion`: nobody. */
  readonly as: string
  /** Nobody was welcomed on this browser yet. */
  readonly isFirst: boolean
  readonly options: BrowserContextOptions
}

/** Opens the page in a context of its own. Ready when the page has asked Core who is logged in. */
export async function visit(browser: Browser, { link, as, isFirst, options }: Visit): Promise<Visitor> {
  const { origin } = new URL(link)
  const localStorage = [
    { name: 'homeclaw.identity', value: as },
    ...(isFirst ? [] : [{ name: 'homeclaw.welcomed', value: 'yes' }]),
  ]
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    storageState: { cookies: [], origins: [{ origin, localStorage }] },
    ...options,
  })
  const page = await context.newPage()
  const sent: Sent[] = []
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      const frame = JSON.parse(String(payload))
      if (!frame.event) sent.push(frame)
    }),
  )
  const faults: string[] = []
  await page.exposeFunction('reportFault', (fault: string) => void faults.push(fault))
  await page.addInitScript(`
    addEventListener('securitypolicyviolation', (event) =>
      reportFault('policy: ' + event.violatedDirective + ' ' + event.blockedURI))
  `)
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
  page.on('request', (request) => {
    const isOwn = request.url().startsWith(origin) || request.url().startsWith('blob:')
    if (!isOwn) faults.push(`request: ${request.url()}`)
  })
  await page.goto(link)
  await page.locator('#app > *').first().waitFor({ state: 'attached' })

  return {
    page,
    faults,
    sent,
    async openChat(name) {
      await page.getByRole('navigation', { name: 'Chats' }).getByRole('link', { name }).click()
      await page.getByRole('heading', { level: 1, name }).waitFor()
    },
    async send(text) {
      await page.getByRole('textbox').fill(text)
      await page.getByRole('textbox').press('Enter')
    },
    bubbles: () => page.locator('article .bubble').allInnerTexts(),
    async pickIdentity(name) {
      await page.getByLabel('Who am I').selectOption({ label: name })
    },
    close: () => context.close(),
  }
}

/** Gives what a screen reader has said from now on. */
export async function listen(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(`{
    window.said = []
    const region = document.querySelector('[role=status]')
    new MutationObserver(() => said.push(region.textContent)).observe(region, { childList: true, characterData: true, subtree: true })
  }`)
  return () => page.evaluate('said')
}
