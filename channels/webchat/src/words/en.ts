/**
 * Every word of the page, in English. Another language is one more file here, named by its code, with a default export
 * of the type `Words`; nothing else has to know it. What is left out does not compile.
 */
const en = {
  // Names and states
  system: 'System',
  systemDefault: 'System (default)',
  yourAssistant: 'Your assistant',
  online: 'online',
  starting: 'starting',
  offlineNow: 'offline now',
  you: 'You',
  youSaid: (text: string) => `You: ${text}`,
  whoAmI: 'Who am I',

  // The list
  chats: 'Chats',
  draft: 'Draft:',
  nothingSaid: 'Nothing said yet',
  pictureOrFile: 'Picture or file',
  unread: (count: string) => `${count} unread`,
  newMessages: 'New',
  search: 'Search',
  searchChats: 'Search all chats',
  clearSearch: 'Clear the search',
  foundNothing: (text: string) => `Nothing found for “${text}”`,
  foundCount: (count: number) => (count === 1 ? '1 message found' : `${count} messages found`),
  people: 'Friends',
  messages: 'Messages',

  // A chat
  backToChats: 'Back to the chats',
  chatWith: (name: string) => `Chat with ${name}`,
  jumpToLatest: 'Jump to latest',
  saidAt: (name: string, time: string) => `${name}, ${time}`,
  answering: (name: string) => `${name} is answering`,
  moreInChat: (text: string) => `${text} … more in the chat`,
  notAnswered: (problem: string) => `Not answered. ${problem}`,
  historyMissing: (problem: string) => `What was said before cannot be shown now. ${problem}.`,
  tryAgain: 'Try again',
  retry: 'Retry',
  edit: 'Edit',
  stop: 'Stop',
  stopped: 'Stopped',
  copy: 'Copy',
  copied: 'Copied',
  regenerate: 'Answer again',
  sent: 'Sent',
  waiting: 'Waiting',
  late: 'Late',
  pictureFrom: (name: string) => `Picture from ${name}`,
  helloTo: (name: string) => `Say hello to ${name}`,
  staysHere: 'What you tell each other stays in this house.',
  whatCanIDo: 'What can I do for you?',
  examples: 'Ask something, tell me what to remember, or when to remind you.',

  // Why an answer is as it is
  why: 'Why',
  whyThis: 'Why this answer',
  whyMemories: (count: number) =>
    count === 0 ? 'No memory was used.' : count === 1 ? 'It used a memory:' : `It used ${count} memories:`,
  whyTools: 'It ran:',
  whyTook: (seconds: string) => `It took ${seconds}.`,
  toolFailed: 'failed',
  close: 'Close',

  // Markdown
  code: (language: string) => (language ? `Code, ${language}` : 'Code'),
  copyCode: (language: string) => (language ? `Copy code, ${language}` : 'Copy code'),
  table: 'Table',
  done: 'Done',
  picture: 'Picture',
  fromHost: (host: string) => `from ${host}`,
  notShown: 'not shown',

  // Writing
  writeTo: (name: string) => `Write to ${name}`,
  send: 'Send',
  attach: 'Attach',
  filesToAttach: 'Files to attach',
  attached: 'Attached',
  remove: (name: string) => `Remove ${name}`,
  shareLocation: 'Share my location',
  locationGoes: 'Your location goes with each message',
  closeNote: 'Close this note',
  tooLarge: (name: string, megabytes: number) => `${name} is larger than ${megabytes} MB.`,
  tooManyFiles: (most: number) => `One message carries at most ${most} files.`,
  tooMuch: (megabytes: number) => `One message carries at most ${megabytes} MB.`,
  locationRefused: 'This browser does not allow your location here. Your messages go without it.',
  locationInsecure:
    'Browsers give a location only over https or on this computer itself. Your messages go without it.',
  locationUnknown: 'Your location could not be found just now. Your message went without it.',
  lostAttachments: (names: string) =>
    `It was not sent, and ${names} was too large to be kept. Edit it to attach it again.`,
  notSentEarlier: 'It was written earlier and not sent.',

  // The connection
  reconnecting: 'Reconnecting…',
  offline: 'Offline. What you write is sent later.',
  back: 'Back',
  coreAway: 'Core does not answer',
  coreAwayMore:
    'It may be starting or stopped. This page goes on by itself as soon as Core is there. What you wrote is kept.',
  coreAnswered: (status: number) => `Core answered ${status}`,

  // Logging in
  welcomeHome: 'Welcome home',
  whereKey:
    'Core printed a link with the key when it started. You can open that link, or paste the key here. It is also in `database/owner.key`, or it is the `auth_api_key` of `config/core.yml`.',
  ownerKey: 'Owner key',
  logIn: 'Log in',
  linkKeyInvalid: 'The key of this link is not valid. Is it from an older start?',
  keyInvalid: 'This key is not valid.',

  // The first visit
  welcome: 'Welcome to HomeClaw',
  welcomeMore: 'Your assistant and your friends live in this house, and what you tell them stays here.',
  skip: 'Skip',
  begin: 'Begin',
  checkModel: 'Language model',
  checkFriends: 'Friends',
  checkMemory: 'Memory',
  modelReady: (name: string) => `${name} answers.`,
  modelBuiltin:
    'None was found, so the builtin one answers: it keeps notes and finds them. Start Ollama, LM Studio or llama.cpp on this computer and it is used by itself.',
  friendsReady: (names: string) => `Here: ${names}.`,
  friendsMissing: (names: string) => `Not here now: ${names}. You can write to System meanwhile.`,
  friendsNone: 'None yet. System is always there.',
  memoryReady: 'On. What you tell is remembered and found again.',
  memoryOff: 'Off in config/core.yml: nothing is remembered beyond the chat.',
  notChecked: 'This could not be checked just now.',
  checking: 'Looking…',
  firstMessage: 'Remember that my bike is in the red shed',

  // Settings
  settings: 'Settings',
  backToSettings: 'Back to the settings',
  appearance: 'Appearance',
  language: 'Language',
  languageOfBrowser: 'As the browser',
  theme: 'Theme',
  themeSystem: 'As the device',
  themeLight: 'Light',
  themeDark: 'Dark',
  privacy: 'Privacy',
  locationHint: 'It goes with what you write, so that answers can fit the place.',
  thisDevice: 'This device',
  notifications: 'Notifications on this device',
  notificationsHint: 'When a message comes for you and HomeClaw is not open.',
  notificationsOf: 'From',
  notificationsInsecure: 'Browsers show notifications only over https or on this computer itself.',
  notificationsUnable:
    'This browser cannot receive notifications. On an iPhone or iPad, add HomeClaw to the Home Screen first.',
  notificationsRefused:
    'This browser does not allow notifications here. You can allow them in its settings for this page.',
  notificationsFailed: 'Core did not answer. Try again later.',
  install: 'Install as an app',
  installHint: 'It gets an icon of its own and starts without a network.',
  installed: 'It runs as an app.',
  installByMenu: 'Your browser has it in its menu: “Install” or “Add to Home Screen”.',
  insecure:
    'This page came over plain http, so the browser takes some things away: installing, starting without a network, the location and notifications. Over https, or on the computer itself, they work.',
  morePages: 'More',
  reminders: 'Reminders',
  plugins: 'Plugins',
  loading: 'Loading…',
  loadingFailed: 'This page could not be loaded.',
  newVersion: 'There is a new version.',
  reload: 'Reload',
}

export type Words = typeof en
export default en
