{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['territoire_id', 'trimestre'],
    indexes=[{'columns': ['trimestre', 'territoire_id', 'connu_du'], 'unique': true}],
    pre_hook="{{ planifier('(select complete from calcul.touche)') }}",
    post_hook="{{ analyser('(select complete or ouverture from calcul.touche)') }}"
) }}

-- What a territory sent for a quarter, and what came of it, from each moment at which that changed to the next.
-- Receipts derived from corrections were not sent, but may be in force.
with

touchees as (
    select distinct
        recepisse.territoire_id,
        recepisse.trimestre
    from {{ source('entrepot', 'connaissance') }} as connaissance
    inner join {{ source('entrepot', 'recepisse') }} as recepisse on connaissance.recepisse_id = recepisse.recepisse_id
    cross join {{ ref('touche') }} as touche
    where
        recepisse.territoire_id is not null
        and recepisse.trimestre is not null
        {% if is_incremental() %}
            and connaissance.parution_id = touche.parution_id
        {% endif %}
),

retours as (
    select
        vigueur.territoire_id,
        vigueur.trimestre,
        vigueur.recepisse_id,
        vigueur.connu_du,
        vigueur.connu_au
    from touchees
    inner join {{ source('entrepot', 'vigueur') }} as vigueur
        on touchees.territoire_id = vigueur.territoire_id and touchees.trimestre = vigueur.trimestre
    where vigueur.genre = 'retour' and vigueur.connu_du < vigueur.connu_au
),

evenements as (
    select
        recepisse.territoire_id,
        recepisse.trimestre,
        connaissance.connu_le as moment,
        recepisse.recu_le,
        recepisse.verdict
    from touchees
    inner join {{ source('entrepot', 'recepisse') }} as recepisse
        on touchees.territoire_id = recepisse.territoire_id and touchees.trimestre = recepisse.trimestre
    inner join {{ source('entrepot', 'connaissance') }} as connaissance
        on recepisse.recepisse_id = connaissance.recepisse_id
    where recepisse.canal <> 'correction'
    union all
    select
        retours.territoire_id,
        retours.trimestre,
        borne.moment,
        null as recu_le,
        null as verdict
    from retours
    cross join lateral (values (retours.connu_du), (retours.connu_au)) as borne (moment)
    where borne.moment < 'infinity'
),

-- All that happens at a moment is in the sums of each of its lines: the last is kept.
courantes as (
    select
        territoire_id,
        trimestre,
        moment,
        row_number() over (partition by territoire_id, trimestre, moment) as rang,
        min(recu_le) over suite as premier_recu_le,
        min(case when verdict = 'accepte' then recu_le end) over suite as premier_accepte_le,
        count(recu_le) over suite as nb_recepisses,
        sum((verdict = 'rejete')::integer) over suite as nb_rejetes
    from evenements
    window suite as (partition by territoire_id, trimestre order by moment)
),

periodes as (
    select
        territoire_id,
        trimestre,
        moment as connu_du,
        lead(moment, 1, 'infinity'::timestamptz) over suite as connu_au,
        premier_recu_le,
        premier_accepte_le,
        nb_recepisses,
        nb_rejetes
    from courantes
    where rang = 1
    window suite as (partition by territoire_id, trimestre order by moment)
)

select
    periodes.territoire_id,
    periodes.trimestre,
    periodes.connu_du,
    periodes.connu_au,
    periodes.premier_recu_le,
    periodes.premier_accepte_le,
    periodes.nb_recepisses::integer as nb_recepisses,
    coalesce(periodes.nb_rejetes, 0)::integer as nb_rejetes,
    retours.recepisse_id,
    recepisse.recu_le,
    constats.constats_valeur,
    constats.constats_suspicion
from periodes
left join retours
    on
        periodes.territoire_id = retours.territoire_id
        and periodes.trimestre = retours.trimestre
        and periodes.connu_du >= retours.connu_du
        and periodes.connu_du < retours.connu_au
left join {{ source('entrepot', 'recepisse') }} as recepisse on retours.recepisse_id = recepisse.recepisse_id
cross join
    lateral (
        select
            (count(*) filter (where trouves.severite = 'valeur'))::integer as constats_valeur,
            (count(*) filter (where trouves.severite = 'suspicion'))::integer as constats_suspicion
        from {{ source('entrepot', 'constat') }} as trouves
        where trouves.recepisse_id = retours.recepisse_id
    ) as constats
