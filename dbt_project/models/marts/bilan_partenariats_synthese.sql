{{ config(portee='campagne', par=[['campagne']]) }}

-- Territories that gave one usable answer at least; a sheet without any is no answer.
select
    trimestres.campagne,
    coalesce(associes.nb_repondants, 0)::integer as nb_repondants,
    bilans.nb_attendus,
    associes.moyenne as partenaires_associes_moyenne,
    associes.maximum as partenaires_associes_max,
    {{ arrete_le() }} as arrete_le
from {{ ref('int_bilans') }} as bilans
inner join {{ ref('con_trimestres') }} as trimestres on bilans.trimestre = trimestres.trimestre
cross join
    lateral (
        select
            sum(nombres.cites) as nb_repondants,
            sum((nombres.rang - 1) * nombres.cites) / nullif(sum(nombres.cites), 0) as moyenne,
            (max(nombres.rang - 1) filter (where nombres.cites > 0))::integer as maximum
        from unnest(bilans.nombres_associes) with ordinality as nombres (cites, rang)
    ) as associes
where bilans.niveau = 'france' and trimestres.campagne is not null
