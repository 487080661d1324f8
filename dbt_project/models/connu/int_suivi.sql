{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['territoire_id', 'trimestre'],
    indexes=[{'columns': ['trimestre', 'territoire_id', 'connu_au'], 'unique': true}],
    pre_hook="{{ planifier('(select complete from calcul.touche)') }}",
    post_hook="{{ analyser('(select complete or ouverture from calcul.touche)') }}"
) }}

-- What a territory comes to in each quarter, from each moment at which that changed to the next: its series of
-- beneficiaries (a value per number of `int_series`), what its actions add up to since the first quarter, the notes
-- that it gave last. A quarter is computed from the one before, so that the cost follows the quarters to compute and
-- not those that came before them.
with recursive

parution as (
    select *
    from {{ source('entrepot', 'parution') }}
    where statut = 'en_cours'
),

territoires as (
    select distinct territoire_id
    from {{ ref('int_perimetres_connus') }}
),

-- From which quarter on each territory is computed again: the first of its returns that changed, or that was not shown.
departs as (
    select
        candidats.territoire_id,
        min(candidats.rang) as rang
    from (
        select
            vigueur.territoire_id,
            ouvertures.rang
        from {{ source('entrepot', 'connaissance') }} as connaissance
        inner join {{ source('entrepot', 'vigueur') }} as vigueur on connaissance.recepisse_id = vigueur.recepisse_id
        inner join {{ ref('int_ouvertures') }} as ouvertures on vigueur.trimestre = ouvertures.trimestre
        where connaissance.parution_id = (select parution.parution_id from parution)
        union all
        select
            territoires.territoire_id,
            ouvertures.rang
        from territoires
        cross join {{ ref('int_ouvertures') }} as ouvertures
        cross join {{ ref('touche') }} as touche
        cross join parution
        where touche.complete or ouvertures.ouvert_le > parution.arrete_precedent
    ) as candidats
    group by candidats.territoire_id
),

retours as (
    select
        vigueur.territoire_id,
        ouvertures.rang,
        vigueur.recepisse_id,
        vigueur.connu_du,
        vigueur.connu_au
    from departs
    inner join {{ source('entrepot', 'vigueur') }} as vigueur on departs.territoire_id = vigueur.territoire_id
    inner join {{ ref('int_ouvertures') }} as ouvertures
        on vigueur.trimestre = ouvertures.trimestre and departs.rang <= ouvertures.rang
    where vigueur.genre = 'retour' and vigueur.connu_du < vigueur.connu_au
),

-- The whole of time, for each quarter shown: moments with a return in force, and moments without any.
bornes as (
    select *
    from retours
    union all
    select
        departs.territoire_id,
        ouvertures.rang,
        null as recepisse_id,
        'infinity' as connu_du,
        'infinity' as connu_au
    from departs
    inner join {{ ref('int_ouvertures') }} as ouvertures
        on departs.rang <= ouvertures.rang and ouvertures.ouvert_le is not null
),

moments as (
    select
        territoire_id,
        rang,
        recepisse_id,
        connu_du,
        connu_au
    from retours
    union all
    select
        territoire_id,
        rang,
        null as recepisse_id,
        lag(connu_au, 1, '-infinity'::timestamptz) over suite as connu_du,
        connu_du as connu_au
    from bornes
    window suite as (partition by territoire_id, rang order by connu_du, connu_au)
),

periodes as materialized (
    select
        moments.territoire_id,
        moments.rang,
        ouvertures.trimestre,
        ouvertures.ouvert_le,
        campagnes.campagne is not null as campagne,
        natures.nature,
        moments.recepisse_id,
        moments.connu_du,
        moments.connu_au
    from moments
    inner join {{ ref('int_ouvertures') }} as ouvertures on moments.rang = ouvertures.rang
    inner join {{ ref('con_trimestres') }} as campagnes on ouvertures.trimestre = campagnes.trimestre
    left join (
        select distinct
            millesime,
            nature
        from {{ ref('int_series') }}
    ) as natures on ouvertures.millesime = natures.millesime
    where moments.connu_du < moments.connu_au and moments.connu_au > ouvertures.ouvert_le
),

suivi as (
    {% if is_incremental() %}
        select
            departs.territoire_id,
            departs.rang - 1 as rang,
            null::text as trimestre,
            coalesce(avant.connu_du, '-infinity') as connu_du,
            coalesce(avant.connu_au, 'infinity') as connu_au,
            null::bigint as recepisse_id,
            null::bigint[] as flux,
            null::smallint[] as flux_nb_trimestres,
            avant.cumul,
            avant.rang_base,
            avant.nb_flux,
            avant.rang_valeur,
            avant.axes,
            avant.notes,
            null::smallint[] as notes_avant
        from departs
        left join {{ ref('int_ouvertures') }} as precedents on precedents.rang = departs.rang - 1
        left join {{ this }} as avant
            on departs.territoire_id = avant.territoire_id and precedents.trimestre = avant.trimestre
    {% else %}
        select
            departs.territoire_id,
            departs.rang - 1 as rang,
            null::text as trimestre,
            '-infinity'::timestamptz as connu_du,
            'infinity'::timestamptz as connu_au,
            null::bigint as recepisse_id,
            null::bigint[] as flux,
            null::smallint[] as flux_nb_trimestres,
            null::bigint[] as cumul,
            null::smallint[] as rang_base,
            null::smallint[] as nb_flux,
            null::smallint[] as rang_valeur,
            null::numeric[] as axes,
            null::smallint[] as notes,
            null::smallint[] as notes_avant
        from departs
    {% endif %}
    union all
    select
        periodes.territoire_id,
        periodes.rang,
        periodes.trimestre,
        greatest(suivi.connu_du, periodes.connu_du) as connu_du,
        least(suivi.connu_au, periodes.connu_au) as connu_au,
        periodes.recepisse_id,
        calculs.flux,
        calculs.flux_nb_trimestres,
        calculs.cumul,
        calculs.rang_base,
        calculs.nb_flux,
        calculs.rang_valeur,
        entrepot.ajouter_vecteur(suivi.axes, lus.axes, 1) as axes,
        case when periodes.campagne then lus.notes else suivi.notes end as notes,
        case when periodes.campagne then suivi.notes end as notes_avant
    from suivi
    inner join periodes
        on
            suivi.territoire_id = periodes.territoire_id
            and suivi.rang + 1 = periodes.rang
            and suivi.connu_du < periodes.connu_au
            and suivi.connu_au > periodes.connu_du
    -- Looked up: hashed, every vector would be read again for each quarter.
    left join
        lateral (
            select vecteurs.*
            from {{ ref('int_vecteurs') }} as vecteurs
            where periodes.recepisse_id = vecteurs.recepisse_id
            order by vecteurs.recepisse_id
            limit 1
        ) as lus
        on true
    cross join
        lateral (
            select
                array_agg(
                    serie.valeur - case when periodes.nature = 'flux' then 0 else coalesce(serie.cumul, 0) end
                    order by serie.no
                ) as flux,
                -- A flow between two cumuls spans the quarters between them.
                array_agg(
                    case when periodes.nature = 'flux' then 1 else periodes.rang - coalesce(serie.rang_valeur, 0) end
                    order by serie.no
                )::smallint[] as flux_nb_trimestres,
                array_agg(
                    case
                        when serie.valeur is null then serie.cumul
                        when periodes.nature = 'flux' then coalesce(serie.cumul, 0) + serie.valeur
                        else serie.valeur
                    end
                    order by serie.no
                ) as cumul,
                -- The last quarter whose cumul was given, and how many flows were given since.
                array_agg(
                    case
                        when periodes.nature = 'cumul' and serie.valeur is not null then periodes.rang
                        else coalesce(serie.rang_base, 0)
                    end
                    order by serie.no
                )::smallint[] as rang_base,
                array_agg(
                    case
                        when serie.valeur is null then coalesce(serie.nb_flux, 0)
                        when periodes.nature = 'flux' then coalesce(serie.nb_flux, 0) + 1
                        else 0
                    end
                    order by serie.no
                )::smallint[] as nb_flux,
                array_agg(
                    case when serie.valeur is null then serie.rang_valeur else periodes.rang end order by serie.no
                )::smallint[] as rang_valeur
            from
                unnest(suivi.cumul, suivi.rang_base, suivi.nb_flux, suivi.rang_valeur, lus.beneficiaires)
                with ordinality as serie (cumul, rang_base, nb_flux, rang_valeur, valeur, no)
        ) as calculs
    where least(suivi.connu_au, periodes.connu_au) > periodes.ouvert_le
)

select
    territoire_id,
    trimestre,
    connu_du,
    connu_au,
    recepisse_id,
    flux,
    flux_nb_trimestres,
    cumul,
    rang_base,
    nb_flux,
    rang_valeur,
    axes,
    notes,
    notes_avant
from suivi
where trimestre is not null
