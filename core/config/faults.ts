/** Most faults of one kind that are told at once: nobody reads more, and a broken file may have a hundred thousand. */
export const MAX_FAULTS = 100

/** One thing that is wrong in the configuration, and where. */
export interface ConfigFault {
  /** `config/core.yml`, `config/user.yml`, or `environment`. */
  readonly file: string
  readonly line: number | undefined
  /** `companions.0.keyword`; empty for the file as a whole. */
  readonly path: string
  readonly message: string
}

/** All that is wrong in both files at once; its message is made to be printed as it is. */
export class ConfigError extends Error {
  readonly faults: readonly ConfigFault[]

  constructor(faults: readonly ConfigFault[], options: { cause?: unknown } = {}) {
    super(faults.map(printFault).join('\n'), options)
    this.name = 'ConfigError'
    this.faults = faults
  }
}

/** `config/core.yml:12  companions.0.keywrd: unknown key. Did you mean "keyword"?` */
export const printFault = ({ file, line, path, message }: ConfigFault): string =>
  `${file}${line ? `:${line}` : ''}  ${path ? `${path}: ` : ''}${message}`
