-- Each step is computed once: merged into one expression, its parts would be computed again at every mention.
with

normalise as materialized (
    select
        regexp_replace(
            regexp_replace(
                -- An apostrophe in front tells a spreadsheet to keep a text; spaces may stand around the signs.
                regexp_replace(btrim({{ function('normaliser') }}(texte), ''' '), ' ?([-/.]) ?', '\1', 'g'),
                '^(le )?((lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche),? )?(le )?',
                ''
            ),
            '[ t][0-9]{1,2}[:h][0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?$',
            ''
        ) as t
),

morceaux as materialized (
    select
        t,
        regexp_match(t, '^([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})$') as iso,
        regexp_match(t, '^([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4}|[0-9]{2})$') as fr,
        regexp_match(t, '^([0-9]{1,2})(?:er)?[-/. ]*([a-z]{3,9})\.?[-/. ]*([0-9]{4}|[0-9]{2})$') as lettres,
        regexp_match(t, '^([a-z]{3,9})\.?[-/. ]*([0-9]{4}|[0-9]{2})$') as mois_lettres,
        regexp_match(t, '^([0-9]{1,2})[-/.]([0-9]{4})$') as mois_an,
        regexp_match(t, '^([0-9]{4})[-/.]([0-9]{1,2})$') as an_mois,
        regexp_match(t, '^([0-9]{5})(?:[.,][0-9]{1,15})?$') as serie
    from normalise
),

parties as materialized (
    select
        t,
        serie[1]::integer as serie,
        coalesce(iso[1], fr[3], lettres[3], mois_lettres[2], mois_an[2], an_mois[1])::integer as annee_saisie,
        coalesce(iso[2], fr[2], mois_an[1], an_mois[2])::integer as mois_chiffres,
        coalesce(lettres[2], mois_lettres[1]) as mois_nom,
        coalesce(iso[3], fr[1], lettres[1])::integer as jour
    from morceaux
),

nombres as materialized (
    select
        t,
        serie,
        jour,
        case when annee_saisie < 100 then 2000 + annee_saisie else annee_saisie end as annee,
        case
            when mois_chiffres is not null then mois_chiffres
            when mois_nom ~ '^janv?(ier)?$' then 1
            when mois_nom ~ '^fevr?(ier)?$' then 2
            when mois_nom ~ '^mars?$' then 3
            when mois_nom ~ '^avr(il)?$' then 4
            when mois_nom = 'mai' then 5
            when mois_nom ~ '^juin?$' then 6
            when mois_nom ~ '^juil(let)?$' then 7
            when mois_nom ~ '^(aout?|aou)$' then 8
            when mois_nom ~ '^sept?(embre)?$' then 9
            when mois_nom ~ '^oct(obre)?$' then 10
            when mois_nom ~ '^nov(embre)?$' then 11
            when mois_nom ~ '^dec(embre)?$' then 12
        end as mois
    from parties
),

mois_connu as materialized (
    select
        t,
        serie,
        jour,
        -- Outside these years it is a slip of the keyboard, not a date of the experiment.
        case when annee between 1990 and 2099 and mois between 1 and 12 then make_date(annee, mois, 1) end as premier
    from nombres
)

select
    case
        -- A spreadsheet counts days from 1899-12-30; these are 2000 to 2049.
        when serie between 36526 and 54788 then date '1899-12-30' + serie
        when jour is null and borne = 'fin' then (premier + interval '1 month' - interval '1 day')::date
        when jour is null then premier
        when jour between 1 and extract(day from premier + interval '1 month' - interval '1 day')
            then premier + jour - 1
    end as valeur,
    case
        when t is null or t = '' or serie between 36526 and 54788 then null
        when premier is null then 'illisible'
        when jour is null then 'mois_seul'
        when jour not between 1 and extract(day from premier + interval '1 month' - interval '1 day')
            then 'illisible'
    end as lecture
from mois_connu
