/** Why the Friend writes first. */
export type Occasion = 'idle' | 'good_morning' | 'good_night'

/** For the person, who reads why it came. */
export const LABELS: Readonly<Record<Occasion, string>> = {
  idle: 'you have not written for a while',
  good_morning: 'good morning, as you asked',
  good_night: 'good night, as you asked',
}

/** For the language model. */
export const ORDERS: Readonly<Record<Occasion, string>> = {
  idle: 'The person has not written for a while. Write to them first: one short, warm message, with something you know of them if it fits. Do not reproach them, and do not say how long it has been.',
  good_morning: 'It is their morning. Write to them first: one short good-morning message.',
  good_night: 'It is their night. Write to them first: one short good-night message.',
}

export const isOccasion = (value: unknown): value is Occasion =>
  typeof value === 'string' && Object.hasOwn(LABELS, value)
