-- The acute accent alone comes first: NFKD would turn it into a space and a combining mark.
select
    btrim(
        regexp_replace(
            translate(
                lower(
                    replace(
                        replace(
                            replace(
                                replace(
                                    regexp_replace(
                                        normalize(replace(texte, '´', ''''), nfkd),
                                        '[\u00ad\u0300-\u036f\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]',
                                        '',
                                        'g'
                                    ),
                                    'Œ', 'oe'
                                ),
                                'œ', 'oe'
                            ),
                            'Æ', 'ae'
                        ),
                        'æ', 'ae'
                    ) collate "C"
                ),
                '’‘ʼ`‐‑‒–—−',
                '''''''''------'
            ),
            '[\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+',
            ' ',
            'g'
        ),
        ' '
    )
