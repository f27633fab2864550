"""The offline side: where reports are opened, decided on and answered. Imports no network module.

From the bottom up: `naming`, `folder` (files), `keyring` (secrets), `casebook` (database); `session` opens all three.
`cases` and `portals` are what the tables mean. `checking` says what a sealed item must be. `importing`, `replies`,
`packing` and `extracting` each do one job; `views` and `console` show; `asking`, `commands` and `cli` are the terminal.
"""
