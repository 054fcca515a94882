import type { VNode } from 'preact'
import { usePage, useWords } from './context.ts'
import { AccountSection } from './account-section.tsx'
import { NextIcon } from './icons.tsx'
import { AUTO } from './language.ts'
import { SETTINGS, pagesOf } from './pages.tsx'
import { addressOfPage } from './router.ts'
import { LocationNotice } from './location-notice.tsx'
import { Section } from './section.tsx'
import { NotificationsField } from './notifications-field.tsx'
import { THEMES } from './theme.ts'

/** What a person may set about this page on this device, and the way to the other pages. */
export default function SettingsPage(): VNode {
  const words = useWords()
  const { people } = usePage().store
  const others = pagesOf(people).filter(({ name }) => name !== SETTINGS)
  return (
    <>
      {others.length > 0 && (
        <nav class="section" aria-label={words.morePages}>
          <ul class="links">
            {others.map(({ name, title }) => (
              <li key={name}>
                <a href={addressOfPage(name)}>
                  <span>{title(words)}</span>
                  <NextIcon />
                </a>
              </li>
            ))}
          </ul>
        </nav>
      )}
      <Section title={words.appearance}>
        <ThemeField />
        <LanguageField />
      </Section>
      <Section title={words.privacy}>
        <LocationField />
      </Section>
      <Section title={words.thisDevice}>
        <NotificationsField />
        <InstallField />
      </Section>
      <AccountSection />
    </>
  )
}

function ThemeField(): VNode {
  const { theme } = usePage()
  const words = useWords()
  const names = { system: words.themeSystem, light: words.themeLight, dark: words.themeDark }
  return (
    <fieldset class="field choices">
      <legend>{words.theme}</legend>
      {THEMES.map((name) => (
        <label key={name}>
          <input
            type="radio"
            name="theme"
            checked={theme.choice.value === name}
            onChange={() => theme.choose(name)}
          />
          <span>{names[name]}</span>
        </label>
      ))}
    </fieldset>
  )
}

function LanguageField(): VNode {
  const { language } = usePage()
  const words = useWords()
  return (
    <div class="field">
      <label for="language">{words.language}</label>
      <div class="select">
        <select
          id="language"
          value={language.choice.value}
          onChange={({ currentTarget }) => void language.choose(currentTarget.value)}
        >
          <option value={AUTO}>{words.languageOfBrowser}</option>
          {language.all.map(({ code, name }) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </select>
      </div>
    </div>
  )
}

function LocationField(): VNode {
  const { sharing } = usePage().store
  const words = useWords()
  return (
    <div class="field">
      <label class="switch">
        <input
          type="checkbox"
          role="switch"
          checked={sharing.on.value}
          onChange={({ currentTarget }) => void sharing.turn(currentTarget.checked)}
        />
        <span>{words.shareLocation}</span>
      </label>
      <p class="muted">{words.locationHint}</p>
      <LocationNotice />
    </div>
  )
}

function InstallField(): VNode {
  const { install } = usePage()
  const words = useWords()
  const state = install.state.value
  const hints = {
    insecure: words.insecure,
    installed: words.installed,
    possible: words.installHint,
    menu: words.installByMenu,
  }
  return (
    <div class="field">
      <p class="muted">{hints[state]}</p>
      {state === 'possible' && (
        <button type="button" class="primary" onClick={() => void install.ask()}>
          {words.install}
        </button>
      )}
    </div>
  )
}
