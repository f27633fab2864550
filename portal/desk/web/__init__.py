"""The desk's page: Flask on loopback, for people who do not live in a terminal. It calls the same operations as the
commands do, and is the only part of the desk that knows a network.

    running     from the opening to the end        serving     waitress, on the loopback alone
    receiving   what a browser sends, never in clear on a disk
    door        the token, the session, the keyring and its lock
    guarding    what every request has to pass     forms, headers, errors
    app         the application                    showing, wording, places, thread
    jobs        what takes long                    caring      the counter of cases read

    entering    passphrase, lock, close            inbox, searching, case, attachments
    answering   answers to reporters               several     one status for several cases
    referring   referrals, authorities
    adding      a report from the telephone        exchange    import and pack
    handover    for who begins to work
    figures     statistics                         keeping     holds, reviews, erasing
    proving     the check of the desk, the log     requests    requests of a person
    people      people, passphrase, keys, paper    portals     a portal's new key
    backups, settings
"""
