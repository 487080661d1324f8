-- Each step is computed once: merged into one expression, its parts would be computed again at every mention.
with

normalise as materialized (
    -- An apostrophe in front tells a spreadsheet to keep a text, and may be left in it.
    select btrim({{ function('normaliser') }}(texte), ''' ') as t
),

-- What stands around the number: its unit, then « environ » and its like.
sans_unite as materialized (
    select
        t,
        regexp_replace(
            regexp_replace(t, '^€ ?', ''),
            ' ?(€|euros?|eur|etp|personnes?|pers\.?|participante?s?|beneficiaires?|femmes?|hommes?|jeunes?'
            || '|actions?|seances?|occurrences?|reunions?|rencontres?|permanences?|fois)$',
            ''
        ) as reste
    from normalise
),

sans_environ as materialized (
    select
        t,
        reste,
        regexp_replace(
            regexp_replace(
                reste,
                '^(environ|env\.?|approximativement|approx\.?|a peu pres|de l''ordre de|aux alentours de|autour de'
                || '|pres de|presque|quelques?|circa|~|≈|±|\+ ?/ ?-) ?',
                ''
            ),
            ' ?(environ|env\.?|approximativement|approx\.?|a peu pres)$',
            ''
        ) as noyau
    from sans_unite
),

nombre as materialized (
    select
        t,
        noyau <> reste as approche,
        noyau like '%\%' as pourcentage,
        regexp_replace(regexp_replace(noyau, ' ?%$', ''), '^([+-]) ', '\1') as n
    from sans_environ
),

-- Spaces, or dots before a decimal comma, group thousands; a comma or a dot alone is the decimal sign.
chiffres as materialized (
    select
        t,
        approche,
        pourcentage,
        -- « 1.234 » and « 1,234 »: thousands for some, decimals for others.
        not pourcentage and n ~ '^[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}$' as ambigu,
        texte ~ '[²³¹⁰ⁱ⁴-₎½¼¾]' or n ~ '^[+-]?[0-9]+([.,][0-9]+)?e[+-]?[0-9]+$' as autre_notation,
        case
            -- Superscripts would read as more digits (a footnote call turns 12 into 121).
            when texte ~ '[²³¹⁰ⁱ⁴-₎½¼¾]' then null
            when n = 'zero' then '0'
            -- A spreadsheet shows as many decimals as its binary numbers need.
            when n ~ '^[+-]?[0-9]{1,15}([.,][0-9]{1,40})?$' then replace(n, ',', '.')
            when n ~ '^[+-]?[.,][0-9]{1,15}$' then replace(replace(n, ',', '.'), '.', '0.')
            when n ~ '^[+-]?[0-9]{1,3}( [0-9]{3}){1,4}([.,][0-9]{1,15})?$'
                then replace(replace(n, ' ', ''), ',', '.')
            when
                n ~ '^[+-]?[0-9]{1,3}(\.[0-9]{3}){2,4}(,[0-9]{1,15})?$'
                or n ~ '^[+-]?[0-9]{1,3}(\.[0-9]{3}){1,4},[0-9]{1,15}$'
                then replace(replace(n, '.', ''), ',', '.')
            when n ~ '^[+-]?[0-9]{1,3}(,[0-9]{3}){1,4}\.[0-9]{1,15}$' then replace(n, ',', '')
        end as c
    from nombre
)

select
    case when pourcentage then c::numeric * 0.01 else c::numeric end as valeur,
    case
        when c is not null and ambigu then 'milliers_ou_decimales'
        when c is not null and approche then 'nombre_environ'
        when c is not null and pourcentage then 'pourcentage_en_texte'
        when c is not null then null
        -- Nothing to read is no misreading.
        when t is null or t = '' then null
        when autre_notation or t !~ '[0-9]' or t ~ '^[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}( |t|$)' then 'illisible'
        when
            t ~ (
                '^(<|>|≤|≥|=<|=>|plus d|plus que|moins d|moins que|au moins|au plus|mini|maxi|min|max|jusqu|superieur'
                || '|inferieur|a partir de|[+-] ?de )'
            )
            or t ~ ' ?(\+|et plus|et \+|ou plus|au moins|au plus|mini|maxi|min|max|minimum|maximum)$'
            then 'nombre_borne'
        when regexp_count(t, '[0-9]+([ .][0-9]{3})*([.,][0-9]+)?') > 1 then 'nombres_multiples'
        else 'illisible'
    end as lecture
from chiffres
