"""What every capability stands on: settings, database, events, sign-in, errors, language, paging."""
