{{ config(portee='tout') }}

with

par_territoire as (
    select
        campagne,
        territoire_id,
        count(*) filter (where associe) as nb_associes
    from {{ ref('fct_partenariats') }}
    -- A sheet without one usable answer is no answer.
    where associe is not null or cofinanceur is not null or satisfaction is not null
    group by campagne, territoire_id
)

select
    trimestres.campagne,
    count(par_territoire.territoire_id)::integer as nb_repondants,
    (select count(*)::integer from {{ ref('con_territoires') }}) as nb_attendus,
    avg(par_territoire.nb_associes) as partenaires_associes_moyenne,
    max(par_territoire.nb_associes)::integer as partenaires_associes_max,
    max(trimestres.arrete_le) as arrete_le
from {{ ref('int_trimestres') }} as trimestres
left join par_territoire on trimestres.campagne = par_territoire.campagne
where trimestres.campagne is not null and trimestres.ouvert
group by trimestres.campagne
