-- What tells one cité from another: its name without the words of administrative forms, articles and linking words.
select
    {{ function('mots') }}(
        regexp_replace(
            ' ' || regexp_replace({{ function('mots') }}(texte), ' ', '  ', 'g') || ' ',
            ' (cu|ca|cc|epci|ept|metropole|communaute|urbaine|agglomeration|agglo|communes?|grande?|val|ville|cites?'
            || '|emploi|le|la|les|l|de|du|des|d|en|sur|et|a|au|aux|st|ste) ',
            ' ',
            'g'
        )
    )
