-- Each step is computed once: merged into one expression, its parts would be computed again at every mention.
with

a_plat as materialized (
    select
        '\m(?:QP[ .-]?(?:0?2[AB]|[0-9]{2,3})[ .-]?[0-9]{3}'
        || '|[QC]N[ .-]?(?:0?2[AB]|[0-9]{2,3})[ .-]?[0-9]{2}[ .-]?[MINC]|CV[ .-]?[0-9]{1,3})\M' as motif,
        regexp_replace(
            regexp_replace(
                regexp_replace(texte, '[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]', '', 'g'),
                '[\u000a-\u000d]+', ';', 'g'
            ),
            '[\u0009\u0020\u00a0\u2000-\u200a\u202f\u205f\u3000_]+', ' ', 'g'
        ) as t
),

trouves as materialized (
    select
        c.rang,
        c.trouve[1] as texte,
        upper(translate(c.trouve[1], ' .-', '')) as brut
    from a_plat
    cross join lateral regexp_matches(a_plat.t, a_plat.motif, 'gi') with ordinality as c (trouve, rang)
),

codes as materialized (
    select
        rang,
        texte,
        brut,
        case
            when brut ~ '^QP[0-9AB]{5}$' or brut ~ '^[QC]N[0-9AB]{4}[MINC]$'
                then left(brut, 2) || '0' || substr(brut, 3)
            when brut like 'CV%' then 'CV' || lpad(substr(brut, 3), 3, '0')
            else brut
        end as code
    from trouves
),

morceaux as materialized (
    select
        morceau.rang,
        morceau.texte
    from (
        select regexp_replace(regexp_replace(t, motif, '§', 'gi'), '\([^()§]*\)', ' ', 'g') as t
        from a_plat
    ) as marque
    cross join lateral regexp_split_to_table(marque.t, '[;,/|]') with ordinality as morceau (texte, rang)
),

-- What is left between separators once codes, and brackets that hold none, are taken out: a code nobody can read,
-- or a piece of a name. Beside a code, only what begins like one.
restes as (
    select
        rang,
        btrim(texte, ' .:-–—') as texte
    from morceaux
    where texte !~ '§'
    union all
    select
        morceaux.rang,
        autre.trouve[1] as texte
    from morceaux
    cross join lateral regexp_matches(morceaux.texte, '\m(?:QP|QN|CN|CV)[ .-]?[0-9][0-9A-Z]*', 'gi') as autre (trouve)
    where morceaux.texte ~ '§'
)

select
    rang::integer as rang,
    texte,
    code,
    case when code <> brut then 'zero_perdu' end as lecture
from codes
union all
select
    1000 + rang::integer as rang,
    texte,
    null as code,
    'code_inconnu' as lecture
from restes
where texte ~ '[[:alnum:]]'
